// Registration against a real tree: crashes between writes, other writers, and a dry run that must write nothing.
#include "controller/schema_admin.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "controller/store_admin.h"
#include "embedded/zookeeper_server.h"
#include "metadata/paths.h"

namespace venice::controller {
namespace {

constexpr const char* kCluster = "venice-cluster0";

std::string Record(const std::string& fields) { return R"({"type":"record","name":"V","fields":[)" + fields + "]}"; }
std::string IntField(const std::string& name) { return R"({"name":")" + name + R"(","type":"int","default":0})"; }

// Hands everything on; counts writes, and lets only the first `writes_allowed` through.
class WatchedClient : public zk::Client {
 public:
  explicit WatchedClient(zk::Client& below) : below_(below) {}

  std::atomic<int> writes{0};
  std::atomic<int> writes_allowed{1 << 30};

  Result<std::string> Create(const std::string& path, std::string_view data, zk::CreateMode mode) override {
    VENICE_TRY(Write(path));
    return below_.Create(path, data, mode);
  }
  Status Delete(const std::string& path, int32_t version) override {
    VENICE_TRY(Write(path));
    return below_.Delete(path, version);
  }
  Result<std::optional<zk::Stat>> Exists(const std::string& path, zk::Watcher watcher) override {
    return below_.Exists(path, std::move(watcher));
  }
  Result<std::optional<zk::Node>> Get(const std::string& path, zk::Watcher watcher) override {
    return below_.Get(path, std::move(watcher));
  }
  Result<zk::Stat> Set(const std::string& path, std::string_view data, int32_t version) override {
    VENICE_TRY(Write(path));
    return below_.Set(path, data, version);
  }
  Result<std::optional<std::vector<std::string>>> Children(const std::string& path, zk::Watcher watcher) override {
    return below_.Children(path, std::move(watcher));
  }
  Result<std::vector<std::string>> Multi(const std::vector<zk::Op>& ops) override {
    VENICE_TRY(Write("multi"));
    return below_.Multi(ops);
  }
  Status Sync(const std::string& path) override { return below_.Sync(path); }
  int64_t SessionId() const override { return below_.SessionId(); }
  bool Connected() const override { return below_.Connected(); }
  void AddSessionListener(std::function<void(zk::SessionEvent)> listener) override {
    below_.AddSessionListener(std::move(listener));
  }

 private:
  Status Write(const std::string& path) {
    if (++writes > writes_allowed) return Error(ErrorCode::kUnavailable, "cut off before the write of " + path);
    return Ok();
  }
  zk::Client& below_;
};

// One controller's view: own locks, own client.
struct Side {
  explicit Side(zk::Client& client, const ControllerSettings& settings)
      : watched(client), topics(settings), context(kCluster, settings, watched, topics), schemas(context) {}
  WatchedClient watched;
  Topics topics;
  ClusterContext context;
  SchemaAdmin schemas;
};

class SchemaAdminTest : public ::testing::Test {
 protected:
  void SetUp() override {
    embedded::ZooKeeperServerOptions zk;
    zk.data_dir = directory_ / "zk";
    server_ = std::make_unique<embedded::ZooKeeperServer>(zk);
    ASSERT_TRUE(server_->Start().ok());
    settings_.zk_address = server_->address();
    client_ = Connect();
    side_ = std::make_unique<Side>(*client_, settings_);
  }

  std::unique_ptr<zk::Client> Connect() {
    zk::ClientOptions options;
    options.address = server_->address();
    return zk::Connect(options).value();
  }

  // With every setting that makes schemas.
  void NewStore(const std::string& name, const std::string& value, bool all_settings = true) {
    metadata::Store store;
    store.name = name;
    store.write_computation_enabled = all_settings;
    store.active_active_enabled = all_settings;
    const Status created = side_->context.stores.Create(store, R"("string")", value);
    ASSERT_TRUE(created.ok()) << created.error().ToString();
    const Status completed = CompleteSchemas(side_->context, side_->context.Store(name).value());
    ASSERT_TRUE(completed.ok()) << completed.error().ToString();
  }

  // Every node below a path: data, versions, times. What changes by itself in the tree is not here: no session of the
  // test makes ephemeral nodes.
  void AddTree(const std::string& path, std::map<std::string, std::string>& tree) {
    const std::optional<zk::Node> node = client_->Get(path.empty() ? "/" : path).value();
    if (!node) return;
    const zk::Stat& stat = node->stat;
    tree[path] = fmt::format("{} {} {} {} {} {} {} {} {} {}", stat.created_zxid, stat.modified_zxid, stat.created_ms,
                             stat.modified_ms, stat.version, stat.children_version, stat.acl_version,
                             stat.ephemeral_owner, stat.children_modified_zxid, node->data);
    for (const std::string& child : client_->Children(path.empty() ? "/" : path).value().value_or(Names()))
      AddTree(path + "/" + child, tree);
  }
  using Names = std::vector<std::string>;
  std::map<std::string, std::string> Tree(const std::string& path = "") {
    std::map<std::string, std::string> tree;
    AddTree(path, tree);
    return tree;
  }

  // Ids and texts, without the times of registration.
  static metadata::StoreSchemas WithoutTimes(metadata::StoreSchemas schemas) {
    schemas.key.registered_ms = 0;
    for (auto& entry : schemas.values) entry.registered_ms = 0;
    for (auto& entry : schemas.derived) entry.registered_ms = 0;
    for (auto& entry : schemas.replication_metadata) entry.registered_ms = 0;
    return schemas;
  }
  metadata::StoreSchemas Schemas(const std::string& store) {
    return WithoutTimes(side_->schemas.Schemas(store).value());
  }

  TemporaryDirectory directory_;
  std::unique_ptr<embedded::ZooKeeperServer> server_;
  ControllerSettings settings_;
  std::unique_ptr<zk::Client> client_;
  std::unique_ptr<Side> side_;
};

TEST_F(SchemaAdminTest, ACrashBetweenAnyTwoWritesIsHealedByAskingAgain) {
  const std::string first = Record(IntField("a") + "," + IntField("b"));
  const std::string second = Record(IntField("a") + "," + IntField("c"));
  NewStore("whole", first);
  side_->watched.writes = 0;
  ASSERT_EQ(side_->schemas.AddValueSchema("whole", {.text = second})->id, 2);
  const int writes = side_->watched.writes;
  EXPECT_GE(writes, 7);  // value, superset, two of metadata, two of updates, the store's record
  const metadata::StoreSchemas whole = Schemas("whole");
  EXPECT_EQ(whole.values.size(), 3u);
  EXPECT_EQ(whole.derived.size(), 3u);
  EXPECT_EQ(whole.replication_metadata.size(), 3u);
  EXPECT_EQ(side_->context.Store("whole")->latest_superset_value_schema_id, 3);

  for (int allowed = 0; allowed < writes; ++allowed) {
    const std::string store = "cut" + std::to_string(allowed);
    NewStore(store, first);
    side_->watched.writes = 0;
    side_->watched.writes_allowed = allowed;
    EXPECT_FALSE(side_->schemas.AddValueSchema(store, {.text = second}).ok());
    side_->watched.writes_allowed = 1 << 30;
    EXPECT_EQ(side_->schemas.AddValueSchema(store, {.text = second})->id, 2) << allowed;
    EXPECT_EQ(Schemas(store), whole) << allowed;
    EXPECT_EQ(side_->context.Store(store)->latest_superset_value_schema_id, 3) << allowed;
    side_->watched.writes = 0;
    EXPECT_EQ(side_->schemas.AddValueSchema(store, {.text = second})->id, 2) << allowed;
    EXPECT_EQ(side_->watched.writes, 0) << allowed;  // idempotent
  }
}

TEST_F(SchemaAdminTest, TwoControllersRegisterWithoutLosingOne) {
  NewStore("books", Record(IntField("a")));
  const std::unique_ptr<zk::Client> other_client = Connect();
  Side other(*other_client, settings_);
  std::atomic<int> failures{0};
  const auto add = [&](Side& side, const std::string& prefix) {
    for (int i = 0; i < 5; ++i) {
      const std::string text = Record(IntField("a") + "," + IntField(prefix + std::to_string(i)));
      // Lost races are repeated inside; many in a row may still be told.
      Result<metadata::SchemaEntry> added = side.schemas.AddValueSchema("books", {.text = text});
      for (int again = 0; again < 20 && !added.ok(); ++again)
        added = side.schemas.AddValueSchema("books", {.text = text});
      if (!added.ok()) ++failures;
    }
  };
  std::thread thread([&] { add(other, "x"); });
  add(*side_, "y");
  thread.join();
  EXPECT_EQ(failures, 0);
  const metadata::StoreSchemas schemas = Schemas("books");
  std::set<std::string> texts;
  for (size_t i = 0; i < schemas.values.size(); ++i) {
    EXPECT_EQ(schemas.values[i].id, static_cast<int32_t>(i) + 1);
    EXPECT_TRUE(texts.insert(schemas.values[i].text).second) << schemas.values[i].text;
  }
  for (const char* prefix : {"x", "y"})
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(texts.contains(Record(IntField("a") + "," + IntField(prefix + std::to_string(i)))));
  // One more registration completes whatever the races left.
  const std::string last = Record(IntField("a") + "," + IntField("last"));
  ASSERT_TRUE(side_->schemas.AddValueSchema("books", {.text = last}).ok());
  const metadata::StoreSchemas end = Schemas("books");
  const int32_t superset = side_->context.Store("books")->latest_superset_value_schema_id;
  ASSERT_NE(end.Value(superset), nullptr);
  for (const char* field : {"x0", "x4", "y0", "y4", "last"})
    EXPECT_NE(end.Value(superset)->text.find("\"" + std::string(field) + "\""), std::string::npos) << field;
  for (const metadata::SchemaEntry& value : end.values) {
    EXPECT_NE(end.LatestDerived(value.id), nullptr) << value.id;
    EXPECT_NE(end.ReplicationMetadata(value.id, 1), nullptr) << value.id;
  }
}

TEST_F(SchemaAdminTest, ADryRunWritesNothingWhileOthersRegister) {
  NewStore("quiet", Record(IntField("a") + "," + IntField("b")));
  NewStore("busy", Record(IntField("a")));
  metadata::Version version;
  version.store_name = "quiet";
  version.number = 1;
  version.push_job_id = "job";
  version.created_ms = 12345;
  ASSERT_TRUE(side_->context.stores
                  .Update("quiet",
                          [&](metadata::Store& store) -> Status {
                            store.versions.push_back(version);
                            return Ok();
                          })
                  .ok());
  const std::string quiet_path = metadata::paths::Store(kCluster, "quiet");
  const auto before_all = Tree();
  const std::unique_ptr<zk::Client> dry_client = Connect();
  Side dry(*dry_client, settings_);
  dry.watched.writes_allowed = 0;  // any write of the dry run fails it

  const std::vector<std::string> texts{Record(IntField("a") + "," + IntField("c")), Record(IntField("a")),
                                       Record(IntField("a") + "," + IntField("b")), R"("string")", "{"};
  const auto run_all = [&] {
    for (const std::string& text : texts) {
      const Result<DryRun> run = dry.schemas.JudgeValueSchema("quiet", {.text = text});
      ASSERT_TRUE(run.ok()) << run.error().ToString();
    }
  };
  run_all();
  EXPECT_EQ(Tree(), before_all);  // the whole tree, with nothing else going on

  std::atomic<bool> done{false};
  std::thread others([&] {
    for (int i = 0; i < 15; ++i) {
      const Result<metadata::SchemaEntry> added = side_->schemas.AddValueSchema(
          "busy", {.text = Record(IntField("a") + "," + IntField("f" + std::to_string(i)))});
      EXPECT_TRUE(added.ok()) << added.error().ToString();
    }
    done = true;
  });
  int rounds = 0;
  while (!done || rounds < 3) {
    run_all();
    ++rounds;
  }
  others.join();
  const auto after_all = Tree();
  EXPECT_NE(after_all, before_all);
  for (const auto& [path, content] : after_all) {
    if (path.find("/busy") != std::string::npos) continue;
    const auto before = before_all.find(path);
    ASSERT_NE(before, before_all.end()) << path;
    EXPECT_EQ(content, before->second) << path;
  }
  EXPECT_EQ(dry.watched.writes, 0);

  // What it said is what happens then.
  const DryRun said = dry.schemas.JudgeValueSchema("quiet", {.text = texts[0]}).value();
  EXPECT_EQ(said.pushes.size(), 1u);
  EXPECT_TRUE(said.pushes[0].affected);
  EXPECT_EQ(side_->schemas.AddValueSchema("quiet", {.text = texts[0]})->id, said.plan.id);
  const metadata::StoreSchemas now = Schemas("quiet");
  for (const PlannedSchema& schema : said.plan.writes) {
    if (schema.kind == PlannedSchema::Kind::kUpdate) {
      EXPECT_EQ(now.LatestDerived(schema.value_id)->text, schema.text);
    } else if (schema.kind == PlannedSchema::Kind::kReplicationMetadata) {
      EXPECT_EQ(now.ReplicationMetadata(schema.value_id, schema.id)->text, schema.text);
    } else {
      EXPECT_EQ(now.Value(schema.value_id)->text, schema.text);
    }
  }
  EXPECT_EQ(side_->context.Store("quiet")->latest_superset_value_schema_id, said.plan.superset_id);
}

TEST_F(SchemaAdminTest, UpdateSchemasByHand) {
  NewStore("books", Record(IntField("a")), false);
  SchemaAdmin& schemas = side_->schemas;
  const std::string update = R"({"type":"record","name":"VWriteOpRecord","fields":[]})";
  EXPECT_EQ(schemas.AddDerivedSchema("books", 2, update, 0).error().code(), ErrorCode::kSchemaNotFound);
  EXPECT_EQ(schemas.AddDerivedSchema("books", 1, "{", 0).error().code(), ErrorCode::kInvalidSchema);
  EXPECT_EQ(schemas.AddDerivedSchema("books", 1, update, 0)->id, 1);
  EXPECT_EQ(schemas.AddDerivedSchema("books", 1, update, 0)->id, 1);
  EXPECT_EQ(schemas
                .AddDerivedSchema("books", 1,
                                  R"({"type":"record","name":"VWriteOpRecord","fields":[)" + IntField("q") + "]}", 0)
                ->id,
            2);
  const auto unreadable = schemas.AddDerivedSchema(
      "books", 1, R"({"type":"record","name":"VWriteOpRecord","fields":[{"name":"z","type":"int"}]})", 0);
  EXPECT_EQ(unreadable.error().code(), ErrorCode::kInvalidSchema);
  EXPECT_EQ(schemas.RemoveDerivedSchema("books", 1, 2)->id, 2);
  EXPECT_EQ(schemas.RemoveDerivedSchema("books", 1, 2).error().code(), ErrorCode::kSchemaNotFound);
  EXPECT_EQ(schemas.Schemas("nope").error().code(), ErrorCode::kStoreNotFound);
  EXPECT_EQ(schemas.AddValueSchema("nope", {.text = update}).error().code(), ErrorCode::kInvalidSchema);
  EXPECT_EQ(schemas.JudgeValueSchema("nope", {.text = update}).error().code(), ErrorCode::kStoreNotFound);
}

}  // namespace
}  // namespace venice::controller

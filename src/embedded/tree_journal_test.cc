#include "embedded/tree_journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/file.h"

namespace venice::embedded {
namespace {

using namespace std::chrono_literals;

// Files of this process cannot grow beyond the limit while this lives: a full disk, without one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(uint64_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

// An engine with its journal, as a server has them.
struct Tree {
  explicit Tree(const std::string& folder, uint64_t snapshot_bytes = 16 << 20, bool background = false)
      : engine({}, clock) {
    auto opened = TreeJournal::Open({.data_dir = folder,
                                     .log_size_before_snapshot = ByteSize(snapshot_bytes),
                                     .snapshot_in_background = background},
                                    engine);
    if (opened.ok()) {
      journal = std::move(opened).value();
    } else {
      error = opened.error().code();
    }
  }

  bool Open() { return (caller.session = engine.OpenSession(60s).id) != 0 && journal->Commit().ok(); }
  void Stage(const std::string& path, std::string data) {
    TreeOp op;
    op.kind = TreeOp::Kind::kCreate;
    op.path = path;
    op.data = std::move(data);
    op.acl = {{permission::kAll, "world", "anyone"}};
    EXPECT_EQ(engine.Write(caller, {op}).front().code, TreeCode::kOk);
  }
  std::string Image() const {
    std::string image;
    engine.EncodeSnapshot(image);
    return image;
  }

  ManualClock clock;
  TreeEngine engine;
  std::unique_ptr<TreeJournal> journal;  // before the engine goes
  TreeCaller caller;
  std::optional<ErrorCode> error;
};

std::vector<std::string> Files(const std::string& folder, const std::string& kind) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(kind)) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(TreeJournal, ReopeningGivesTheSameTree) {
  TemporaryDirectory folder;
  std::string image;
  for (int round = 0; round < 3; ++round) {
    Tree tree(folder / "tree");
    ASSERT_FALSE(tree.error);
    if (round > 0) EXPECT_EQ(tree.Image(), image);
    ASSERT_TRUE(tree.Open());
    for (int i = 0; i < 100; ++i) tree.Stage(fmt::format("/{}-{}", round, i), "data");
    ASSERT_TRUE(tree.journal->Commit().ok());
    EXPECT_FALSE(tree.journal->uncommitted());
    image = tree.Image();
  }
}

TEST(TreeJournal, WhatWasNotCommittedIsNotThere) {
  TemporaryDirectory folder;
  {
    Tree tree(folder / "tree");
    ASSERT_TRUE(tree.Open());
    tree.Stage("/kept", "");
    ASSERT_TRUE(tree.journal->Commit().ok());
    tree.Stage("/lost", "");
  }
  Tree tree(folder / "tree");
  EXPECT_NE(tree.engine.store().Find("/kept"), nullptr);
  EXPECT_EQ(tree.engine.store().Find("/lost"), nullptr);
}

TEST(TreeJournal, SnapshotsReplaceOldLogs) {
  for (const bool background : {false, true}) {
    TemporaryDirectory folder;
    std::string image;
    {
      Tree tree(folder / "tree", 10'000, background);
      ASSERT_TRUE(tree.Open());
      for (int i = 0; i < 2'000; ++i) {
        tree.Stage(fmt::format("/n{}", i), std::string(50, 'x'));
        ASSERT_TRUE(tree.journal->Commit().ok());
      }
      image = tree.Image();
    }
    EXPECT_EQ(Files(folder / "tree", "snapshot.").size(), 1u);
    EXPECT_LE(Files(folder / "tree", "log.").size(), 2u);
    Tree tree(folder / "tree");
    ASSERT_FALSE(tree.error);
    EXPECT_EQ(tree.Image(), image);
  }
}

TEST(TreeJournal, EveryCutOfTheLogGivesAPrefix) {
  TemporaryDirectory folder;
  std::vector<std::string> images;
  {
    Tree tree(folder / "tree");
    images.push_back(tree.Image());
    ASSERT_TRUE(tree.Open());
    images.push_back(tree.Image());
    for (int i = 0; i < 5; ++i) {
      tree.Stage(fmt::format("/{}", i), "data");
      ASSERT_TRUE(tree.journal->Commit().ok());
      images.push_back(tree.Image());
    }
  }
  const std::string log = Files(folder / "tree", "log.").front();
  const std::string whole = ReadFile(log).value();
  size_t prefixes = 0;
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    std::ofstream(log, std::ios::binary | std::ios::trunc) << whole.substr(0, cut);
    Tree tree(folder / "tree");
    ASSERT_FALSE(tree.error) << cut;
    const auto found = std::find(images.begin(), images.end(), tree.Image());
    ASSERT_NE(found, images.end()) << cut;
    EXPECT_GE(found, images.begin() + static_cast<ptrdiff_t>(prefixes));
    prefixes = static_cast<size_t>(found - images.begin());
    // And it goes on from there.
    ASSERT_TRUE(tree.Open());
    tree.Stage("/more", "");
    ASSERT_TRUE(tree.journal->Commit().ok());
    const std::string image = tree.Image();
    tree.journal.reset();
    Tree again(folder / "tree");
    ASSERT_EQ(again.Image(), image);
  }
  EXPECT_EQ(prefixes + 1, images.size());
}

TEST(TreeJournal, AFlippedBitIsNeverServed) {
  TemporaryDirectory folder;
  std::vector<std::string> images;
  {
    Tree tree(folder / "tree");
    images.push_back(tree.Image());
    ASSERT_TRUE(tree.Open());
    images.push_back(tree.Image());
    tree.Stage("/a", "data");
    images.push_back(tree.Image());
    tree.Stage("/b", "data");
    ASSERT_TRUE(tree.journal->Commit().ok());
    images.push_back(tree.Image());
  }
  const std::string log = Files(folder / "tree", "log.").front();
  const std::string whole = ReadFile(log).value();
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::ofstream(log, std::ios::binary | std::ios::trunc) << damaged;
    Tree tree(folder / "tree");
    // Only in the last record a flip looks like a torn tail; before it, acknowledged changes would be lost.
    if (tree.error) {
      EXPECT_EQ(*tree.error, ErrorCode::kCorruption);
    } else {
      EXPECT_EQ(tree.Image(), images[images.size() - 2]) << at;
    }
  }
}

TEST(TreeJournal, DamagedSnapshotIsRefused) {
  TemporaryDirectory folder;
  {
    Tree tree(folder / "tree", 10);
    ASSERT_TRUE(tree.Open());
  }
  const std::string snapshot = Files(folder / "tree", "snapshot.").front();
  std::string content = ReadFile(snapshot).value();
  content[content.size() / 2] ^= 1;
  std::ofstream(snapshot, std::ios::binary | std::ios::trunc) << content;
  EXPECT_EQ(Tree(folder / "tree").error, ErrorCode::kCorruption);
}

TEST(TreeJournal, OneFolderOneOwner) {
  TemporaryDirectory folder;
  Tree first(folder / "tree");
  EXPECT_EQ(Tree(folder / "tree").error, ErrorCode::kConflict);
}

TEST(TreeJournal, AFailedWriteIsTriedAgainWhole) {
  TemporaryDirectory folder;
  std::string image;
  {
    Tree tree(folder / "tree");
    ASSERT_TRUE(tree.Open());
    {
      const FileSizeLimit full(tree.journal->log_bytes() + 100);
      tree.Stage("/large", std::string(1'000, 'x'));
      EXPECT_FALSE(tree.journal->Commit().ok());
      EXPECT_TRUE(tree.journal->uncommitted());
      tree.Stage("/later", "");
      EXPECT_FALSE(tree.journal->Commit().ok());
    }
    ASSERT_TRUE(tree.journal->Commit().ok());
    image = tree.Image();
  }
  Tree tree(folder / "tree");
  ASSERT_FALSE(tree.error);
  EXPECT_EQ(tree.Image(), image);
  EXPECT_NE(tree.engine.store().Find("/later"), nullptr);
}

}  // namespace
}  // namespace venice::embedded

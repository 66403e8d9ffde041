// What a Kafka log must do, asked through Kafka's own Java clients: java -cp 'jars/*' JavaCases.java host:port
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

public class JavaCases {
  interface Case {
    void run() throws Exception;
  }

  static String bootstrap;
  static Admin admin;
  static int count = 0;

  static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  static void equal(Object a, Object b) {
    if (!a.equals(b)) throw new AssertionError(a + " is not " + b);
  }

  static Throwable failure(Future<?> future) throws Exception {
    try {
      future.get();
    } catch (ExecutionException e) {
      return e.getCause();
    }
    throw new AssertionError("expected an error");
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  static void await(Condition condition, int seconds, String what) throws Exception {
    long deadline = System.nanoTime() + seconds * 1_000_000_000L;
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) throw new AssertionError("not in time: " + what);
      Thread.sleep(20);
    }
  }

  static String topic(int partitions, String... settings) throws Exception {
    String name = "java-" + ProcessHandle.current().pid() + "-" + ++count;
    Map<String, String> config = new HashMap<>();
    config.put("retention.ms", "-1");
    for (int i = 0; i < settings.length; i += 2) config.put(settings[i], settings[i + 1]);
    admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(config))).all().get();
    await(() -> admin.listTopics().names().get().contains(name), 10, "topic listed");
    return name;
  }

  static Properties properties(String... more) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    for (int i = 0; i < more.length; i += 2) properties.put(more[i], more[i + 1]);
    return properties;
  }

  static KafkaProducer<String, String> producer(String... more) {
    return new KafkaProducer<>(properties(more), new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String... more) {
    Properties properties = properties(more);
    properties.putIfAbsent("auto.offset.reset", "earliest");
    properties.putIfAbsent("enable.auto.commit", "false");
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  static List<ConsumerRecord<String, String>> readAll(String topic, int partition) {
    try (KafkaConsumer<String, String> consumer = consumer()) {
      TopicPartition tp = new TopicPartition(topic, partition);
      consumer.assign(List.of(tp));
      consumer.seekToBeginning(List.of(tp));
      long end = consumer.endOffsets(List.of(tp)).get(tp);
      List<ConsumerRecord<String, String>> all = new ArrayList<>();
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (consumer.position(tp) < end && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).forEach(all::add);
      }
      return all;
    }
  }

  static void fill(String topic, int records) throws Exception {
    try (KafkaProducer<String, String> producer = producer("linger.ms", "5")) {
      for (int i = 0; i < records; i++) producer.send(new ProducerRecord<>(topic, 0, 1000L + i, "k" + i, "v" + i));
    }
  }

  static void topicsAreCreatedListedGrownAndDeleted() throws Exception {
    String name = topic(3, "retention.ms", "1234567");
    Throwable again = failure(admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all());
    check(again instanceof TopicExistsException, "" + again);
    Throwable bad = failure(admin.createTopics(List.of(new NewTopic("bad/name", 1, (short) 1))).all());
    check(bad instanceof InvalidTopicException, "" + bad);
    Throwable many = failure(admin.createTopics(List.of(new NewTopic(name + "x", 1, (short) 3))).all());
    check(many instanceof InvalidReplicationFactorException, "" + many);
    CreateTopicsResult made = admin.createTopics(List.of(new NewTopic(name + "y", Optional.of(2), Optional.empty())));
    equal(made.numPartitions(name + "y").get(), 2);
    TopicDescription described = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
    equal(described.partitions().size(), 3);
    equal(described.partitions().get(0).isr().size(), 1);
    admin.createPartitions(Map.of(name, NewPartitions.increaseTo(5))).all().get();
    await(() -> admin.describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size() == 5, 10, "grown");
    admin.deleteTopics(List.of(name, name + "y")).all().get();
    await(() -> !admin.listTopics().names().get().contains(name), 10, "deleted");
    Throwable gone = failure(admin.describeTopics(List.of(name)).allTopicNames());
    check(gone instanceof UnknownTopicOrPartitionException, "" + gone);
    check(failure(admin.deleteTopics(List.of(name)).all()) instanceof UnknownTopicOrPartitionException, "delete twice");
  }

  static void clusterIsDescribed() throws Exception {
    DescribeClusterResult cluster = admin.describeCluster();
    equal(cluster.nodes().get().size(), 1);
    check(cluster.clusterId().get().length() == 22, "cluster id");
    check(cluster.controller().get() != null, "controller");
  }

  static void settingsAreShownAndChanged() throws Exception {
    String name = topic(1, "retention.ms", "1234567", "cleanup.policy", "compact");
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
    equal(config.get("retention.ms").value(), "1234567");
    equal(config.get("retention.ms").source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
    equal(config.get("min.insync.replicas").value(), "1");
    Collection<AlterConfigOp> changes = List.of(
        new AlterConfigOp(new ConfigEntry("retention.ms", "7654321"), AlterConfigOp.OpType.SET),
        new AlterConfigOp(new ConfigEntry("min.compaction.lag.ms", "5"), AlterConfigOp.OpType.SET));
    admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    await(() -> "7654321".equals(admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value()),
        10, "changed");
    Config after = admin.describeConfigs(List.of(resource)).all().get().get(resource);
    equal(after.get("cleanup.policy").value(), "compact");
    admin.incrementalAlterConfigs(Map.of(resource,
        List.of(new AlterConfigOp(new ConfigEntry("cleanup.policy", ""), AlterConfigOp.OpType.DELETE)))).all().get();
    await(() -> "delete".equals(admin.describeConfigs(List.of(resource)).all().get().get(resource).get("cleanup.policy").value()),
        10, "back to the default");
    Throwable wrong = failure(admin.incrementalAlterConfigs(Map.of(resource,
        List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "x"), AlterConfigOp.OpType.SET)))).all());
    check(wrong instanceof InvalidConfigurationException, "" + wrong);
  }

  static void recordsComeBackAsTheyWereSent() throws Exception {
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      String name = topic(1);
      try (KafkaProducer<String, String> producer = producer("compression.type", codec, "linger.ms", "20")) {
        for (int i = 0; i < 300; i++) {
          ProducerRecord<String, String> record = new ProducerRecord<>(
              name, 0, 5000L + i, i % 7 == 0 ? null : "key" + i, i % 11 == 0 ? null : "x".repeat(i) + i);
          if (i % 3 == 0) record.headers().add("h", ("" + i).getBytes(StandardCharsets.UTF_8)).add("n", null);
          producer.send(record);
        }
      }
      List<ConsumerRecord<String, String>> read = readAll(name, 0);
      equal(read.size(), 300);
      for (int i = 0; i < 300; i++) {
        ConsumerRecord<String, String> record = read.get(i);
        equal(record.offset(), (long) i);
        equal(record.timestamp(), 5000L + i);
        equal("" + record.key(), "" + (i % 7 == 0 ? null : "key" + i));
        equal("" + record.value(), "" + (i % 11 == 0 ? null : "x".repeat(i) + i));
        equal(record.headers().toArray().length, i % 3 == 0 ? 2 : 0);
      }
    }
  }

  static void offsetsAreFoundByPlaceAndTime() throws Exception {
    String name = topic(1);
    fill(name, 1000);
    TopicPartition tp = new TopicPartition(name, 0);
    equal(offset(tp, OffsetSpec.earliest()), 0L);
    equal(offset(tp, OffsetSpec.latest()), 1000L);
    equal(offset(tp, OffsetSpec.forTimestamp(1500)), 500L);
    equal(offset(tp, OffsetSpec.forTimestamp(99999)), -1L);
    equal(offset(tp, OffsetSpec.maxTimestamp()), 999L);
    admin.deleteRecords(Map.of(tp, RecordsToDelete.beforeOffset(40))).all().get();
    equal(offset(tp, OffsetSpec.earliest()), 40L);
    equal(readAll(name, 0).size(), 960);
  }

  static long offset(TopicPartition tp, OffsetSpec spec) throws Exception {
    return admin.listOffsets(Map.of(tp, spec)).all().get().get(tp).offset();
  }

  static void tooLargeRecordsAreRefused() throws Exception {
    String name = topic(1, "max.message.bytes", "10000");
    try (KafkaProducer<String, String> producer = producer()) {
      Throwable refused = failure(producer.send(new ProducerRecord<>(name, "k", "x".repeat(20000))));
      check(refused instanceof RecordTooLargeException, "" + refused);
      producer.send(new ProducerRecord<>(name, "k", "small")).get();
    }
  }

  static void compactedTopicsNeedKeys() throws Exception {
    String name = topic(1, "cleanup.policy", "compact");
    try (KafkaProducer<String, String> producer = producer()) {
      Throwable refused = failure(producer.send(new ProducerRecord<>(name, "no key")));
      check(refused instanceof InvalidRecordException, "" + refused);
    }
  }

  static void groupsShareWorkAndRememberOffsets() throws Exception {
    String name = topic(4);
    String group = "group-" + name;
    try (KafkaProducer<String, String> producer = producer()) {
      for (int i = 0; i < 400; i++) producer.send(new ProducerRecord<>(name, i % 4, "k", "" + i));
    }
    String[] config = {"group.id", group, "heartbeat.interval.ms", "100", "session.timeout.ms", "6000"};
    Set<String> seen = new HashSet<>();
    try (KafkaConsumer<String, String> one = consumer(config); KafkaConsumer<String, String> two = consumer(config)) {
      one.subscribe(List.of(name));
      two.subscribe(List.of(name));
      await(() -> {
        one.poll(Duration.ofMillis(50)).forEach(record -> seen.add(record.value()));
        two.poll(Duration.ofMillis(50)).forEach(record -> seen.add(record.value()));
        return seen.size() == 400 && one.assignment().size() == 2 && two.assignment().size() == 2;
      }, 40, "both read");
      one.commitSync();
      two.commitSync();
      ConsumerGroupDescription described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
      equal(described.members().size(), 2);
      equal(described.members().iterator().next().assignment().topicPartitions().size(), 2);
    }
    long committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values().stream()
        .mapToLong(OffsetAndMetadata::offset).sum();
    equal(committed, 400L);
    check(admin.listConsumerGroups().all().get().stream().anyMatch(listing -> listing.groupId().equals(group)), "listed");
    TopicPartition tp = new TopicPartition(name, 0);
    await(() -> admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().isEmpty(), 10, "left");
    admin.alterConsumerGroupOffsets(group, Map.of(tp, new OffsetAndMetadata(90, "why"))).all().get();
    equal(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(tp).metadata(), "why");
    try (KafkaConsumer<String, String> three = consumer(config)) {
      three.subscribe(List.of(name));
      List<ConsumerRecord<String, String>> read = new ArrayList<>();
      await(() -> {
        three.poll(Duration.ofMillis(50)).forEach(read::add);
        return read.size() >= 10;
      }, 40, "the rest read");
      equal(read.size(), 10);
      equal(read.get(0).offset(), 90L);
    }
    await(() -> admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().isEmpty(), 10, "left");
    admin.deleteConsumerGroupOffsets(group, Set.of(tp)).all().get();
    admin.deleteConsumerGroups(List.of(group)).all().get();
    check(admin.listConsumerGroups().all().get().stream().noneMatch(listing -> listing.groupId().equals(group)), "deleted");
  }

  static void staticMembersComeBack() throws Exception {
    String name = topic(2);
    String[] config = {"group.id", "static-" + name, "group.instance.id", "i1", "session.timeout.ms", "6000"};
    fill(name, 10);
    for (int round = 0; round < 2; round++) {
      try (KafkaConsumer<String, String> consumer = consumer(config)) {
        consumer.subscribe(List.of(name));
        int[] read = {0};
        await(() -> {
          read[0] += consumer.poll(Duration.ofMillis(50)).count();
          return read[0] >= 10;
        }, 40, "read");
      }
    }
  }

  static void compactionKeepsTheLastRecordOfEachKey() throws Exception {
    String name = topic(1, "cleanup.policy", "compact", "segment.ms", "200", "min.cleanable.dirty.ratio", "0.001");
    Map<String, String> last = new TreeMap<>();
    int sent = 0;
    List<ConsumerRecord<String, String>> read = List.of();
    try (KafkaProducer<String, String> producer = producer("compression.type", "snappy")) {
      long deadline = System.nanoTime() + 40_000_000_000L;
      while (read.size() >= sent - 100) {
        check(System.nanoTime() < deadline, "not compacted in time");
        for (int i = 0; i < 50; i++, sent++) {
          producer.send(new ProducerRecord<>(name, "k" + i, "" + sent));
          last.put("k" + i, "" + sent);
        }
        producer.flush();
        Thread.sleep(150);
        read = readAll(name, 0);
      }
    }
    Map<String, String> found = new TreeMap<>();
    for (ConsumerRecord<String, String> record : read) found.put(record.key(), record.value());
    equal(found, last);
  }

  static void transactionsAreRefusedClearly() throws Exception {
    try (KafkaProducer<String, String> producer = producer("transactional.id", "t", "max.block.ms", "5000")) {
      try {
        producer.initTransactions();
      } catch (KafkaException e) {
        check(!(e instanceof TimeoutException), "a clear error, not a timeout");
        return;
      }
    }
    throw new AssertionError("transactions were not refused");
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    Map<String, Case> cases = new java.util.LinkedHashMap<>();
    cases.put("clusterIsDescribed", JavaCases::clusterIsDescribed);
    cases.put("topicsAreCreatedListedGrownAndDeleted", JavaCases::topicsAreCreatedListedGrownAndDeleted);
    cases.put("settingsAreShownAndChanged", JavaCases::settingsAreShownAndChanged);
    cases.put("recordsComeBackAsTheyWereSent", JavaCases::recordsComeBackAsTheyWereSent);
    cases.put("offsetsAreFoundByPlaceAndTime", JavaCases::offsetsAreFoundByPlaceAndTime);
    cases.put("tooLargeRecordsAreRefused", JavaCases::tooLargeRecordsAreRefused);
    cases.put("compactedTopicsNeedKeys", JavaCases::compactedTopicsNeedKeys);
    cases.put("groupsShareWorkAndRememberOffsets", JavaCases::groupsShareWorkAndRememberOffsets);
    cases.put("staticMembersComeBack", JavaCases::staticMembersComeBack);
    cases.put("compactionKeepsTheLastRecordOfEachKey", JavaCases::compactionKeepsTheLastRecordOfEachKey);
    if (Arrays.asList(args).contains("--no-transactions")) {
      cases.put("transactionsAreRefusedClearly", JavaCases::transactionsAreRefusedClearly);
    }
    int failed = 0;
    try (Admin opened = Admin.create(properties())) {
      admin = opened;
      for (Map.Entry<String, Case> entry : cases.entrySet()) {
        long start = System.nanoTime();
        try {
          entry.getValue().run();
          System.out.printf("ok   java %s (%d ms)%n", entry.getKey(), (System.nanoTime() - start) / 1_000_000);
        } catch (Throwable e) {
          failed++;
          System.out.printf("FAIL java %s%n", entry.getKey());
          e.printStackTrace(System.out);
        }
      }
    }
    System.exit(failed == 0 ? 0 : 1);
  }
}

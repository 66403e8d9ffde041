// Helix's own Java classes in one of three roles, driven from outside: a participant or a controller of a cluster until
// standard input ends, or an inspector that prints what Helix's admin and spectator see of a cluster as JSON.
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.helix.HelixManager;
import org.apache.helix.HelixManagerFactory;
import org.apache.helix.InstanceType;
import org.apache.helix.NotificationContext;
import org.apache.helix.PropertyType;
import org.apache.helix.manager.zk.ZKHelixAdmin;
import org.apache.helix.model.ExternalView;
import org.apache.helix.model.IdealState;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.LeaderStandbySMD;
import org.apache.helix.model.Message;
import org.apache.helix.participant.statemachine.StateModel;
import org.apache.helix.participant.statemachine.StateModelFactory;
import org.apache.helix.participant.statemachine.StateModelInfo;
import org.apache.helix.participant.statemachine.Transition;
import org.apache.helix.spectator.RoutingTableProvider;
import org.apache.helix.zookeeper.datamodel.ZNRecord;

public class HelixPeer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static synchronized void say(String event, Object... fields) throws Exception {
    Map<String, Object> line = new TreeMap<>();
    line.put("event", event);
    for (int i = 0; i < fields.length; i += 2) {
      line.put((String) fields[i], fields[i + 1]);
    }
    System.out.println("@" + JSON.writeValueAsString(line));
    System.out.flush();
  }

  @StateModelInfo(initialState = "OFFLINE", states = {"LEADER", "STANDBY", "OFFLINE"})
  public static class Replica extends StateModel {
    private final String partition;

    Replica(String partition) {
      this.partition = partition;
    }

    @Transition(from = "*", to = "*")
    public void anything(Message message, NotificationContext context) throws Exception {
      say("transition", "partition", partition, "from", message.getFromState(), "to", message.getToState(), "term",
          message.getCreateTimeStamp());
    }

    @Override
    public void reset() {
    }
  }

  static class Replicas extends StateModelFactory<Replica> {
    @Override
    public Replica createNewStateModel(String resource, String partition) {
      return new Replica(partition);
    }
  }

  private static void untilInputEnds() throws Exception {
    while (System.in.read() >= 0) {
    }
  }

  private static void run(InstanceType type, String zk, String cluster, String name) throws Exception {
    HelixManager manager = HelixManagerFactory.getZKHelixManager(cluster, name, type, zk);
    if (type == InstanceType.PARTICIPANT) {
      manager.getStateMachineEngine().registerStateModelFactory("LeaderStandby", new Replicas());
    }
    manager.connect();
    if (type == InstanceType.CONTROLLER) {
      long deadline = System.currentTimeMillis() + 30_000;
      while (!manager.isLeader() && System.currentTimeMillis() < deadline) {
        Thread.sleep(20);
      }
    }
    say("ready", "session", manager.getSessionId(), "leader", manager.isLeader());
    untilInputEnds();
    manager.disconnect();
    say("stopped");
  }

  private static Map<String, Object> record(ZNRecord record) {
    if (record == null) {
      return null;
    }
    Map<String, Object> fields = new TreeMap<>();
    fields.put("id", record.getId());
    fields.put("simple", record.getSimpleFields());
    fields.put("maps", record.getMapFields());
    fields.put("lists", record.getListFields());
    return fields;
  }

  private static void inspect(String zk, String cluster, String resource) throws Exception {
    ZKHelixAdmin admin = new ZKHelixAdmin.Builder().setZkAddress(zk).build();
    Map<String, Object> found = new TreeMap<>();
    found.put("clusters", admin.getClusters());
    found.put("instances", admin.getInstancesInCluster(cluster));
    found.put("resources", admin.getResourcesInCluster(cluster));
    Map<String, Object> enabled = new TreeMap<>();
    for (String instance : admin.getInstancesInCluster(cluster)) {
      InstanceConfig config = admin.getInstanceConfig(cluster, instance);
      enabled.put(instance, config.getInstanceEnabled() + " " + config.getHostName() + ":" + config.getPort() + " "
          + config.getInstanceOperation().getOperation());
    }
    found.put("enabled", enabled);
    IdealState ideal = admin.getResourceIdealState(cluster, resource);
    found.put("ideal", ideal == null ? null : record(ideal.getRecord()));
    found.put("ideal_valid", ideal != null && ideal.isValid());
    ExternalView view = admin.getResourceExternalView(cluster, resource);
    found.put("external", view == null ? null : record(view.getRecord()));
    found.put("model_same",
        admin.getStateModelDef(cluster, "LeaderStandby").getRecord().equals(LeaderStandbySMD.build().getRecord()));

    HelixManager manager = HelixManagerFactory.getZKHelixManager(cluster, "inspector", InstanceType.SPECTATOR, zk);
    manager.connect();
    Map<PropertyType, List<String>> sources = new HashMap<>();
    sources.put(PropertyType.EXTERNALVIEW, new ArrayList<>());
    sources.put(PropertyType.CUSTOMIZEDVIEW, List.of("OFFLINE_PUSH"));
    RoutingTableProvider routing = new RoutingTableProvider(manager, sources);
    long deadline = System.currentTimeMillis() + 10_000;
    while (System.currentTimeMillis() < deadline
        && routing.getRoutingTableSnapshot(PropertyType.EXTERNALVIEW).getLiveInstances().isEmpty()) {
      Thread.sleep(20);
    }
    Map<String, Object> routes = new TreeMap<>();
    if (view != null) {
      for (String partition : view.getPartitionSet()) {
        Map<String, Object> states = new TreeMap<>();
        for (String state : List.of("LEADER", "STANDBY")) {
          List<String> names = new ArrayList<>();
          for (InstanceConfig config : routing.getRoutingTableSnapshot(PropertyType.EXTERNALVIEW)
              .getInstancesForResource(resource, partition, state)) {
            names.add(config.getInstanceName());
          }
          names.sort(null);
          states.put(state, names);
        }
        List<String> completed = new ArrayList<>();
        for (InstanceConfig config : routing.getRoutingTableSnapshot(PropertyType.CUSTOMIZEDVIEW, "OFFLINE_PUSH")
            .getInstancesForResource(resource, partition, "COMPLETED")) {
          completed.add(config.getInstanceName());
        }
        completed.sort(null);
        states.put("COMPLETED", completed);
        routes.put(partition, states);
      }
    }
    found.put("routes", routes);
    List<String> live = new ArrayList<>();
    routing.getRoutingTableSnapshot(PropertyType.EXTERNALVIEW).getLiveInstances()
        .forEach(instance -> live.add(instance.getInstanceName() + " " + instance.getEphemeralOwner() + " "
            + instance.isValid()));
    live.sort(null);
    found.put("live", live);
    routing.shutdown();
    manager.disconnect();
    say("found", "cluster", found);
  }

  // What Helix's admin itself writes: the records to compare ours with.
  private static void create(String zk, String cluster, String resource, int partitions, int replicas)
      throws Exception {
    ZKHelixAdmin admin = new ZKHelixAdmin.Builder().setZkAddress(zk).build();
    admin.addCluster(cluster, false);
    admin.addStateModelDef(cluster, "LeaderStandby", LeaderStandbySMD.build());
    org.apache.helix.model.HelixConfigScope scope = new org.apache.helix.model.builder.HelixConfigScopeBuilder(
        org.apache.helix.model.HelixConfigScope.ConfigScopeProperty.CLUSTER).forCluster(cluster).build();
    admin.setConfig(scope, Map.of("allowParticipantAutoJoin", "true", "PERSIST_BEST_POSSIBLE_ASSIGNMENT", "true",
        "TOPOLOGY_AWARE_ENABLED", "false", "DELAY_REBALANCE_TIME", "1000"));
    admin.addResource(cluster, resource, partitions, "LeaderStandby", "FULL_AUTO",
        "org.apache.helix.controller.rebalancer.strategy.AutoRebalanceStrategy");
    IdealState ideal = admin.getResourceIdealState(cluster, resource);
    ideal.setMinActiveReplicas(Math.max(replicas - 1, 1));
    ideal.setRebalancerClassName("org.apache.helix.controller.rebalancer.DelayedAutoRebalancer");
    ideal.setRebalanceStrategy("org.apache.helix.controller.rebalancer.strategy.CrushEdRebalanceStrategy");
    admin.setResourceIdealState(cluster, resource, ideal);
    admin.rebalance(cluster, resource, replicas);
    say("created");
  }

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "participant" -> run(InstanceType.PARTICIPANT, arguments[1], arguments[2], arguments[3]);
      case "controller" -> run(InstanceType.CONTROLLER, arguments[1], arguments[2], arguments[3]);
      case "inspect" -> inspect(arguments[1], arguments[2], arguments[3]);
      case "create" -> create(arguments[1], arguments[2], arguments[3], Integer.parseInt(arguments[4]),
          Integer.parseInt(arguments[5]));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    System.exit(0);
  }
}

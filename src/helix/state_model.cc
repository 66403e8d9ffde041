#include "helix/state_model.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

namespace venice::helix {
namespace {

const std::vector<std::string>* FindList(const ZnRecord& record, const std::string& key) {
  const auto it = record.lists.find(key);
  return it == record.lists.end() ? nullptr : &it->second;
}

}  // namespace

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

ZnRecord StateModel::LeaderStandbyRecord() {
  ZnRecord record;
  record.id = "LeaderStandby";
  record.simple["INITIAL_STATE"] = "OFFLINE";
  record.lists["STATE_PRIORITY_LIST"] = {"LEADER", "STANDBY", "OFFLINE", "DROPPED", "ERROR"};
  record.lists["STATE_TRANSITION_PRIORITYLIST"] = {"LEADER-STANDBY", "STANDBY-LEADER", "OFFLINE-STANDBY",
                                                   "STANDBY-OFFLINE", "OFFLINE-DROPPED"};
  record.maps["LEADER.next"] = {
      {"LEADER", "LEADER"}, {"STANDBY", "STANDBY"}, {"OFFLINE", "STANDBY"}, {"DROPPED", "STANDBY"}};
  record.maps["STANDBY.next"] = {
      {"STANDBY", "STANDBY"}, {"LEADER", "LEADER"}, {"OFFLINE", "OFFLINE"}, {"DROPPED", "OFFLINE"}};
  record.maps["OFFLINE.next"] = {
      {"OFFLINE", "OFFLINE"}, {"STANDBY", "STANDBY"}, {"LEADER", "STANDBY"}, {"DROPPED", "DROPPED"}};
  record.maps["DROPPED.next"] = {{"DROPPED", "DROPPED"}};
  record.maps["ERROR.next"] = {{"ERROR", "ERROR"}, {"OFFLINE", "OFFLINE"}, {"DROPPED", "DROPPED"}};
  record.maps["LEADER.meta"] = {{"count", "1"}};
  record.maps["STANDBY.meta"] = {{"count", "R"}};
  for (const char* state : {"OFFLINE", "DROPPED", "ERROR"}) {
    record.maps[std::string(state) + ".meta"] = {{"count", "-1"}};
  }
  return record;
}

const StateModel& StateModel::LeaderStandby() {
  static const StateModel model = Parse(LeaderStandbyRecord()).value();
  return model;
}

Result<StateModel> StateModel::Parse(const ZnRecord& record) {
  StateModel model;
  model.name_ = record.id;
  model.initial_ = Upper(record.Text("INITIAL_STATE"));
  const std::vector<std::string>* priorities = FindList(record, "STATE_PRIORITY_LIST");
  if (model.initial_.empty() || priorities == nullptr || priorities->empty()) {
    return Error(ErrorCode::kCorruption, "state model " + record.id + " lacks its initial state or state priorities");
  }
  for (const std::string& state : *priorities) model.states_.push_back(Upper(state));
  if (const std::vector<std::string>* transitions = FindList(record, "STATE_TRANSITION_PRIORITYLIST")) {
    for (const std::string& transition : *transitions) model.transitions_.push_back(Upper(transition));
  }
  for (const auto& [key, map] : record.maps) {
    const size_t dot = key.rfind('.');
    if (dot == std::string::npos) continue;
    const std::string state = Upper(key.substr(0, dot));
    if (key.substr(dot) == ".next") {
      for (const auto& [target, hop] : map) model.next_[state][Upper(target)] = Upper(hop);
    } else if (key.substr(dot) == ".meta") {
      if (const auto count = map.find("count"); count != map.end()) model.count_[state] = count->second;
    }
  }
  // Implied by every model, whatever the record says.
  model.next_["ERROR"]["DROPPED"] = "DROPPED";
  model.next_["ERROR"][model.initial_] = model.initial_;
  model.next_[model.initial_]["DROPPED"] = "DROPPED";
  return model;
}

bool StateModel::IsSecondTop(const std::string& state) const {
  const auto from = next_.find(state);
  if (from == next_.end() || state == top()) return false;
  const auto hop = from->second.find(top());
  return hop != from->second.end() && hop->second == top();
}

int StateModel::Priority(const std::string& state) const {
  const auto it = std::find(states_.begin(), states_.end(), state);
  return it == states_.end() ? std::numeric_limits<int>::max() : static_cast<int>(it - states_.begin());
}

int StateModel::TransitionPriority(const std::string& from, const std::string& to) const {
  const auto it = std::find(transitions_.begin(), transitions_.end(), from + "-" + to);
  return static_cast<int>(it - transitions_.begin());
}

std::optional<std::string> StateModel::NextHop(const std::string& from, const std::string& to) const {
  const auto hops = next_.find(from);
  if (hops == next_.end()) return std::nullopt;
  const auto hop = hops->second.find(to);
  return hop == hops->second.end() ? std::nullopt : std::optional(hop->second);
}

std::map<std::string, int> StateModel::Counts(int candidates, int replicas) const {
  std::map<std::string, int> counts;
  int left = replicas;
  for (const std::string& state : states_) {
    const auto it = count_.find(state);
    if (it == count_.end() || it->second == "R") continue;
    int count = 0;
    if (it->second == "N") {
      count = candidates;
    } else {
      std::from_chars(it->second.data(), it->second.data() + it->second.size(), count);
      if (count < 0) continue;
      count = std::min({count, candidates, left});
    }
    counts[state] = count;
    candidates -= count;
    left -= count;
  }
  for (const auto& [state, count] : count_) {
    if (count == "R") counts[state] = std::max(0, std::min(candidates, left));
  }
  return counts;
}

}  // namespace venice::helix

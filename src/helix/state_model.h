// State model definitions: which hops a replica may take and how many replicas may be in a state.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "helix/zn_record.h"

namespace venice::helix {

inline constexpr std::string_view kOffline = "OFFLINE";
inline constexpr std::string_view kStandby = "STANDBY";
inline constexpr std::string_view kLeader = "LEADER";
inline constexpr std::string_view kDropped = "DROPPED";
inline constexpr std::string_view kErrorState = "ERROR";

// Immutable. States are upper case, as Upper() makes them.
class StateModel {
 public:
  // Errors: kCorruption without initial state or priorities.
  static Result<StateModel> Parse(const ZnRecord& record);
  // The one model Venice uses, and its record as Helix writes it.
  static const StateModel& LeaderStandby();
  static ZnRecord LeaderStandbyRecord();

  const std::string& name() const { return name_; }
  const std::string& initial() const { return initial_; }
  // Highest first.
  const std::vector<std::string>& states() const { return states_; }
  const std::string& top() const { return states_.front(); }
  // One hop below the top: a replica that can be promoted at once.
  bool IsSecondTop(const std::string& state) const;
  // Smaller is better; unknown states are last.
  int Priority(const std::string& state) const;
  // Smaller goes first; hops that are not listed go last.
  int TransitionPriority(const std::string& from, const std::string& to) const;
  // The next state on the way; nullopt when there is no way.
  std::optional<std::string> NextHop(const std::string& from, const std::string& to) const;

  // How many replicas may be in a state when `candidates` of `replicas` chosen nodes can hold one; -1 for no bound, in
  // which case the assignment gives the state to nobody by itself.
  // Keys: the states that have a count, in priority order of states().
  std::map<std::string, int> Counts(int candidates, int replicas) const;

 private:
  std::string name_;
  std::string initial_;
  std::vector<std::string> states_;
  std::vector<std::string> transitions_;                            // "LEADER-STANDBY", ...
  std::map<std::string, std::map<std::string, std::string>> next_;  // from -> target -> hop
  std::map<std::string, std::string> count_;                        // state -> "1", "R", "N", "-1"
};

std::string Upper(std::string_view text);

}  // namespace venice::helix

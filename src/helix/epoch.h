// The fence between the controllers of one cluster, and the memory of the highest leadership term.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "zk/client.h"

namespace venice::helix {

// One record on ZooKeeper that changes together with every message. A controller that takes office claims it; from then
// on nothing that an earlier claimant still has under way can be written, whatever became of its session. What is
// read after the claim is therefore all that earlier controllers have done.
//
// Belongs to the controller's thread; one per term of office. Source: specs/leader_election.
class Epoch {
 public:
  // path      of the record; its parents are created
  // instance  of the controller, for readers of the record
  Epoch(zk::Client& client, std::string path, std::string instance);

  // Errors: those of the client. May be repeated.
  Status Claim();

  // The highest term that any claimant has given out, in milliseconds; 0 for none.
  int64_t latest_term_ms() const { return latest_term_ms_; }

  // All of `ops` or none, and only while the claim stands.
  //
  // term_ms  highest term that `ops` give out; 0 for none
  // errors   kConflict: another controller has taken office; otherwise that of the first step that failed, or that of
  //          the client, after which `ops` may or may not have been done
  Status Apply(std::vector<zk::Op> ops, int64_t term_ms);

 private:
  // After a lost answer: finds out how far the record is. Errors: kConflict as above.
  Status Confirm();
  std::string Encode(int64_t term_ms) const;
  Error Deposed() const;

  zk::Client& client_;
  const std::string path_;
  const std::string instance_;
  const std::string claim_;  // says whose the record is
  int32_t version_ = -1;
  bool certain_ = true;  // version_ is that of the record, if nobody else has claimed it
  int64_t latest_term_ms_ = 0;
};

}  // namespace venice::helix

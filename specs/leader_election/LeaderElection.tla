--------------------------- MODULE LeaderElection ---------------------------
(* Leadership of one partition, as Helix grants it and as our code asks for it, obeys it and loses it.              *)
(* README.md names the source behind every action, and says what is left out.                                      *)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
  Servers, Controllers,  \* model values, interchangeable
  None,
  Faults,                \* kinds of fault that happen: subset of AllFaults
  MaxFaults,             \* how many of them, all kinds together
  MaxTerm,               \* bound on the terms that are given out
  AtomicReads,           \* TRUE: a controller reads the whole cluster in one step (fewer states, fewer behaviours)
  WithLog,               \* FALSE: leaders write nothing (fewer states): the control plane alone
  \* What follows is TRUE in a correct system. Each can be taken away, to see what it is good for.
  FencedDispatch,        \* a message is created only if nobody else took office since its sender did
  PersistentTerm,        \* the highest term is on ZooKeeper, changed together with the message that uses a new one
  MessagesBeforeStates,  \* a controller reads a replica's messages before its current state, both from ZooKeeper
  CheckTargetSession,    \* a server deletes messages that were sent to an earlier session of its
  FencedLog,             \* readers of the version topic drop records of a lower term than the highest they saw
  DeclareFirst,          \* a leader writes data only after it has read its own stamp back from the log
  TakesOfficeAgain       \* a controller whose message was refused takes office again if the leader node is still its

VARIABLES
  \* On ZooKeeper.
  live,     \* server -> session of its live instance, 0 for none
  record,   \* server -> current state and the session it was written in
  messages, \* state transition messages that are not deleted
  office,   \* controller in CONTROLLER/LEADER
  epoch,    \* who took office last, and the highest term given out
  \* In the processes.
  joins,    \* server -> sessions it has had
  server,   \* server -> what its participant has in memory
  role,     \* server -> what the replica itself does: follow, declare itself, write
  controller,
  \* The version topic. Its readers are one: they all decide by what is in it, in its order.
  flight,   \* server -> a record that was produced and has not arrived
  fence,    \* highest term that readers have seen
  \* What happened, for the properties.
  writers,  \* accepted data: {<<term, server>>}
  active,   \* highest term whose leader has begun to write
  granted,  \* highest term given out
  repeated, \* a term was given out that was not higher than all before
  underneath, \* data of a deposed leader was accepted after its successor had begun
  faults

vars == <<live, record, messages, office, epoch, joins, server, role, controller, flight, fence, writers, active,
          granted, repeated, underneath, faults>>
zookeeper == <<live, record, messages, office, epoch>>
log == <<flight, fence, writers, active, underneath>>
terms == <<granted, repeated>>

States == {"OFFLINE", "STANDBY", "LEADER", "ERROR"}
Terms == 0..MaxTerm
Sessions == 0..(MaxFaults + 1)
Max(a, b) == IF a > b THEN a ELSE b

Message == [to: Servers, session: Sessions, from: States, hop: States, term: Terms]
NoView == [live |-> [s \in Servers |-> 0], step |-> [s \in Servers |-> 0], pending |-> [s \in Servers |-> {}],
           state |-> [s \in Servers |-> "OFFLINE"]]
Follows == [term |-> 0, stage |-> "follows"]
Fresh == [up |-> TRUE, session |-> 0, state |-> "OFFLINE", busy |-> None, stage |-> "idle", resetting |-> FALSE]

TypeOK ==
  /\ live \in [Servers -> Sessions]
  /\ record \in [Servers -> [session: Sessions, state: States]]
  /\ messages \subseteq Message
  /\ office \in Controllers \cup {None}
  /\ epoch \in [owner: Controllers \cup {None}, term: Terms]
  /\ joins \in [Servers -> Sessions]
  /\ server \in [Servers -> [up: BOOLEAN, session: Sessions, state: States, busy: Message \cup {None},
                             stage: {"idle", "accepted", "ran", "failed", "written"}, resetting: BOOLEAN]]
  /\ role \in [Servers -> [term: Terms, stage: {"follows", "declares", "writes"}]]
  /\ \A c \in Controllers :
       /\ controller[c].phase \in {"idle", "won", "leads"}
       /\ controller[c].view.live \in [Servers -> Sessions]
       /\ controller[c].view.step \in [Servers -> 0..2]
       /\ controller[c].view.pending \in [Servers -> SUBSET States]
       /\ controller[c].view.state \in [Servers -> States]
  /\ flight \in [Servers -> [term: Terms, kind: {"stamp", "data"}] \cup {None}]
  /\ fence \in Terms /\ active \in Terms /\ granted \in Terms
  /\ writers \subseteq Terms \X Servers
  /\ repeated \in BOOLEAN /\ underneath \in BOOLEAN
  /\ faults \in 0..MaxFaults

Init ==
  /\ live = [s \in Servers |-> 0]
  /\ record = [s \in Servers |-> [session |-> 0, state |-> "OFFLINE"]]
  /\ messages = {}
  /\ office = None
  /\ epoch = [owner |-> None, term |-> 0]
  /\ joins = [s \in Servers |-> 0]
  /\ server = [s \in Servers |-> Fresh]
  /\ role = [s \in Servers |-> Follows]
  /\ controller = [c \in Controllers |-> [phase |-> "idle", view |-> NoView]]
  /\ flight = [s \in Servers |-> None]
  /\ fence = 0 /\ writers = {} /\ active = 0
  /\ granted = 0 /\ repeated = FALSE /\ underneath = FALSE
  /\ faults = 0

AllFaults == {"session", "crash", "failure",      \* of servers
              "office", "abort",                  \* of controllers
              "move"}                             \* no fault, but as unexpected
Fault(kind) == kind \in Faults /\ faults < MaxFaults /\ faults' = faults + 1
ASSUME Faults \subseteq AllFaults

-----------------------------------------------------------------------------
(* Controllers: office.                                                                                            *)

Win(c) ==
  /\ office = None /\ controller[c].phase = "idle"
  /\ office' = c
  /\ controller' = [controller EXCEPT ![c].phase = "won"]
  /\ UNCHANGED <<live, record, messages, epoch, joins, server, role, log, terms, faults>>

\* May come late, when the leader node is somebody else's again: the next conflict tells.
TakeOffice(c) ==
  /\ controller[c].phase = "won"
  /\ epoch' = [epoch EXCEPT !.owner = c]
  \* A view that can send nothing any more counts as none.
  /\ controller' = [d \in Controllers |->
       IF d = c THEN [phase |-> "leads", view |-> NoView]
       ELSE IF FencedDispatch THEN [controller[d] EXCEPT !.view = NoView] ELSE controller[d]]
  /\ UNCHANGED <<live, record, messages, office, joins, server, role, log, terms, faults>>

\* The leader node vanishes: session expiry, crash, an operator. Its owner may not know for a long time.
LoseOffice(c) ==
  /\ office = c /\ Fault("office")
  /\ office' = None
  /\ UNCHANGED <<live, record, messages, epoch, joins, server, role, controller, log, terms>>

StepDown(c) ==
  /\ controller[c].phase # "idle" /\ office # c
  /\ controller' = [controller EXCEPT ![c] = [phase |-> "idle", view |-> NoView]]
  /\ UNCHANGED <<zookeeper, joins, server, role, log, terms, faults>>

\* A message was refused because of the epoch, though the leader node is still ours: take office again.
Conflict(c) ==
  /\ FencedDispatch /\ TakesOfficeAgain
  /\ controller[c].phase = "leads" /\ office = c /\ epoch.owner # c
  /\ controller' = [controller EXCEPT ![c] = [phase |-> "won", view |-> NoView]]
  /\ UNCHANGED <<zookeeper, joins, server, role, log, terms, faults>>

-----------------------------------------------------------------------------
(* Controllers: a run of the pipeline. Nothing of it is atomic but each single read and each single send.           *)

MaySend(c) == controller[c].phase = "leads" /\ (FencedDispatch => epoch.owner = c)

PendingOf(s, session) ==
  UNION {{m.from, m.hop} : m \in {n \in messages : n.to = s /\ n.session = session}}
StateOf(s, session) == IF record[s].session = session THEN record[s].state ELSE "OFFLINE"

Ready(view) == \E s \in Servers : view.live[s] # 0 /\ \A r \in Servers : view.live[r] # 0 => view.step[r] = 2

Occupied(view, s) == view.live[s] # 0 /\ "LEADER" \in view.pending[s] \cup {view.state[s]}

\* What the pipeline sends when nobody asks for a move.
Needed(view, s) ==
  IF view.live[s] = 0 \/ view.pending[s] # {} THEN {}
  ELSE CASE view.state[s] = "OFFLINE" -> {"STANDBY"}
         [] view.state[s] = "STANDBY" -> IF \E r \in Servers : Occupied(view, r) THEN {} ELSE {"LEADER"}
         [] view.state[s] = "LEADER" -> IF \E r \in Servers \ {s} : Occupied(view, r) THEN {"STANDBY"} ELSE {}
         [] view.state[s] = "ERROR" -> {}

\* A change of preference, a disabled instance or partition: leadership is taken away, or the replica is taken down;
\* and an operator's reset of a replica in error.
Moved(view, s) ==
  IF view.live[s] = 0 \/ view.pending[s] # {} THEN {}
  ELSE CASE view.state[s] = "LEADER" -> {"STANDBY"}
         [] view.state[s] = "STANDBY" -> {"OFFLINE"}
         [] view.state[s] = "ERROR" -> {"OFFLINE"}
         [] OTHER -> {}

\* A run that has nothing to send is over.
Kept(view, used) ==
  IF /\ \A s \in Servers : view.live[s] # 0 => view.step[s] = 2 /\ Needed(view, s) = {}
     /\ used = MaxFaults \/ \A s \in Servers : Moved(view, s) = {}
  THEN NoView ELSE view

BeginRun(c) ==
  LET view == controller[c].view
      begun == [NoView EXCEPT !.live = live]
      whole == [live |-> live, step |-> [s \in Servers |-> IF live[s] = 0 THEN 0 ELSE 2],
                pending |-> [s \in Servers |-> IF live[s] = 0 THEN {} ELSE PendingOf(s, live[s])],
                state |-> [s \in Servers |-> IF live[s] = 0 THEN "OFFLINE" ELSE StateOf(s, live[s])]]
  IN /\ MaySend(c)
     /\ \A s \in Servers : view.live[s] # 0 => view.step[s] = 2 /\ Needed(view, s) = {}
     /\ controller' = [controller EXCEPT ![c].view = IF AtomicReads THEN Kept(whole, faults) ELSE begun]
     /\ UNCHANGED <<zookeeper, joins, server, role, log, terms, faults>>

Read(c, s) ==
  LET view == controller[c].view
      first == view.step[s] = 0
      read_messages == first = MessagesBeforeStates
  IN /\ MaySend(c)
     /\ view.live[s] # 0 /\ view.step[s] < 2
     /\ controller' = [controller EXCEPT ![c].view = Kept(
          [view EXCEPT !.step[s] = @ + 1,
                       !.pending[s] = IF read_messages THEN PendingOf(s, view.live[s]) ELSE @,
                       !.state[s] = IF read_messages THEN @ ELSE StateOf(s, view.live[s])], faults)]
     /\ UNCHANGED <<zookeeper, joins, server, role, log, terms, faults>>

\* The clock says anything. A new term that is higher than all before is as good as the next one.
NewTerms == IF PersistentTerm THEN {epoch.term + 1} ELSE 1..MaxTerm

Send(c, s, hop) ==
  LET view == controller[c].view
      leads == hop = "LEADER"
  IN \E term \in (IF leads THEN NewTerms ELSE {0}) :
       /\ term <= MaxTerm
       /\ messages' = messages \cup
            {[to |-> s, session |-> view.live[s], from |-> view.state[s], hop |-> hop, term |-> term]}
       /\ controller' = [controller EXCEPT ![c].view = Kept([view EXCEPT !.pending[s] = {view.state[s], hop}], faults)]
       /\ epoch' = IF leads /\ PersistentTerm THEN [epoch EXCEPT !.term = term] ELSE epoch
       /\ granted' = Max(granted, term)
       /\ repeated' = (repeated \/ (leads /\ term <= granted))
       /\ UNCHANGED <<live, record, office, joins, server, role, log>>

Dispatch(c, s) ==
  /\ MaySend(c) /\ Ready(controller[c].view)
  /\ \E hop \in Needed(controller[c].view, s) : Send(c, s, hop)
  /\ UNCHANGED faults

Move(c, s) ==
  /\ MaySend(c) /\ Ready(controller[c].view)
  /\ Fault("move")
  /\ \E hop \in Moved(controller[c].view, s) : Send(c, s, hop)

\* The connection broke in the middle: what was sent is on ZooKeeper, what was known is forgotten.
Abort(c) ==
  /\ controller[c].view # NoView /\ Fault("abort")
  /\ controller' = [controller EXCEPT ![c].view = NoView]
  /\ UNCHANGED <<zookeeper, joins, server, role, log, terms>>

-----------------------------------------------------------------------------
(* Servers: sessions.                                                                                              *)

Connected(s) == server[s].up /\ server[s].session # 0 /\ live[s] = server[s].session

\* ZooKeeper gives a session up. The server may not know for a long time, and go on as if nothing had happened.
Expire(s) ==
  /\ live[s] # 0
  /\ IF server[s].up /\ server[s].session = live[s] THEN Fault("session") ELSE UNCHANGED faults
  /\ live' = [live EXCEPT ![s] = 0]
  /\ UNCHANGED <<record, messages, office, epoch, joins, server, role, controller, log, terms>>

\* All replicas count as OFFLINE at once; the replica itself stops when its reset runs.
LearnExpiry(s) ==
  /\ server[s].up /\ server[s].session # 0 /\ live[s] # server[s].session
  /\ server' = [server EXCEPT ![s] = [Fresh EXCEPT !.resetting = TRUE]]
  /\ UNCHANGED <<zookeeper, joins, role, controller, log, terms, faults>>

Reset(s) ==
  /\ server[s].resetting
  /\ server' = [server EXCEPT ![s].resetting = FALSE]
  /\ role' = [role EXCEPT ![s] = Follows]
  /\ UNCHANGED <<zookeeper, joins, controller, log, terms, faults>>

\* Also while a reset that does not end is still running.
Join(s) ==
  /\ server[s].up /\ server[s].session = 0 /\ joins[s] < MaxFaults + 1
  /\ joins' = [joins EXCEPT ![s] = @ + 1]
  /\ record' = [record EXCEPT ![s] = [session |-> joins'[s], state |-> "OFFLINE"]]
  /\ live' = [live EXCEPT ![s] = joins'[s]]
  /\ server' = [server EXCEPT ![s].session = joins'[s]]
  /\ UNCHANGED <<messages, office, epoch, role, controller, log, terms, faults>>

Crash(s) ==
  /\ server[s].up /\ Fault("crash")
  /\ server' = [server EXCEPT ![s] = [Fresh EXCEPT !.up = FALSE]]
  /\ role' = [role EXCEPT ![s] = Follows]
  /\ UNCHANGED <<zookeeper, joins, controller, log, terms>>

Restart(s) ==
  /\ ~server[s].up
  /\ server' = [server EXCEPT ![s] = Fresh]
  /\ UNCHANGED <<zookeeper, joins, role, controller, log, terms, faults>>

-----------------------------------------------------------------------------
(* Servers: messages, in any order.                                                                                *)

Meant(s, m) == CheckTargetSession => m.session = server[s].session

Accept(s, m) ==
  /\ Connected(s) /\ m.to = s /\ Meant(s, m)
  /\ server[s].stage = "idle" /\ m.from = server[s].state
  /\ server' = [server EXCEPT ![s].busy = m, ![s].stage = "accepted"]
  /\ UNCHANGED <<zookeeper, joins, role, controller, log, terms, faults>>

Refuse(s, m) ==
  /\ Connected(s) /\ m.to = s /\ m # server[s].busy
  /\ ~Meant(s, m) \/ server[s].stage # "idle" \/ m.from # server[s].state
  /\ messages' = messages \ {m}
  /\ UNCHANGED <<live, record, office, epoch, joins, server, role, controller, log, terms, faults>>

\* The handler does it. Also after the session is over, as long as nobody here knows.
RunTransition(s) ==
  /\ server[s].stage = "accepted" /\ ~server[s].resetting
  /\ server' = [server EXCEPT ![s].stage = "ran"]
  /\ role' = [role EXCEPT ![s] =
       IF server[s].busy.hop = "LEADER"
       THEN [term |-> server[s].busy.term, stage |-> IF DeclareFirst /\ WithLog THEN "declares" ELSE "writes"]
       ELSE Follows]
  /\ active' = IF server[s].busy.hop = "LEADER" /\ ~(DeclareFirst /\ WithLog)
                THEN Max(active, server[s].busy.term) ELSE active
  /\ UNCHANGED <<zookeeper, joins, controller, flight, fence, writers, underneath, terms, faults>>

\* A handler that fails must leave the replica not leading, whatever it was to do.
FailTransition(s) ==
  /\ server[s].stage = "accepted" /\ ~server[s].resetting /\ Fault("failure")
  /\ server' = [server EXCEPT ![s].stage = "failed"]
  /\ role' = [role EXCEPT ![s] = Follows]
  /\ UNCHANGED <<zookeeper, joins, controller, log, terms>>

WriteState(s) ==
  LET state == IF server[s].stage = "failed" THEN "ERROR" ELSE server[s].busy.hop
  IN /\ Connected(s) /\ server[s].stage \in {"ran", "failed"}
     /\ server' = [server EXCEPT ![s].stage = "written", ![s].state = state]
     /\ record' = [record EXCEPT ![s] = [session |-> server[s].session, state |-> state]]
     /\ UNCHANGED <<live, messages, office, epoch, joins, role, controller, log, terms, faults>>

DeleteMessage(s) ==
  /\ Connected(s) /\ server[s].stage = "written"
  /\ messages' = messages \ {server[s].busy}
  /\ server' = [server EXCEPT ![s].busy = None, ![s].stage = "idle"]
  /\ UNCHANGED <<live, record, office, epoch, joins, role, controller, log, terms, faults>>

-----------------------------------------------------------------------------
(* The leader's records. A record once produced may arrive much later, whatever became of its producer.             *)

Produce(s) ==
  /\ WithLog /\ role[s].stage # "follows" /\ flight[s] = None
  \* One record of a leader stands for all of them.
  /\ role[s].stage = "writes" => <<role[s].term, s>> \notin writers
  /\ flight' = [flight EXCEPT ![s] =
       [term |-> role[s].term, kind |-> IF role[s].stage = "declares" THEN "stamp" ELSE "data"]]
  /\ UNCHANGED <<zookeeper, joins, server, role, controller, fence, writers, active, underneath, terms, faults>>

Arrive(s) ==
  LET term == flight[s].term
      accepted == FencedLog => term >= fence
      own == role[s] = [term |-> term, stage |-> "declares"]
      data == flight[s].kind = "data"
  IN /\ flight[s] # None
     /\ flight' = [flight EXCEPT ![s] = None]
     /\ fence' = IF accepted THEN Max(fence, term) ELSE fence
     /\ writers' = IF accepted /\ data THEN writers \cup {<<term, s>>} ELSE writers
     /\ underneath' = (underneath \/ (accepted /\ data /\ term < active))
     /\ role' = IF accepted /\ ~data /\ own THEN [role EXCEPT ![s].stage = "writes"] ELSE role
     /\ active' = IF accepted /\ ~data /\ own THEN Max(active, term) ELSE active
     /\ UNCHANGED <<zookeeper, joins, server, controller, terms, faults>>

-----------------------------------------------------------------------------
Next ==
  \/ \E c \in Controllers :
       \/ Win(c) \/ TakeOffice(c) \/ LoseOffice(c) \/ StepDown(c) \/ Conflict(c) \/ BeginRun(c) \/ Abort(c)
       \/ \E s \in Servers : Read(c, s) \/ Dispatch(c, s) \/ Move(c, s)
  \/ \E s \in Servers :
       \/ Expire(s) \/ LearnExpiry(s) \/ Reset(s) \/ Join(s) \/ Crash(s) \/ Restart(s)
       \/ \E m \in messages : Accept(s, m) \/ Refuse(s, m)
       \/ RunTransition(s) \/ FailTransition(s) \/ WriteState(s) \/ DeleteMessage(s)
       \/ Produce(s) \/ Arrive(s)

\* What is possible for long enough happens. Faults, moves and restarts need not.
Fairness ==
  /\ \A c \in Controllers :
       /\ WF_vars(Win(c)) /\ WF_vars(TakeOffice(c)) /\ WF_vars(StepDown(c)) /\ WF_vars(Conflict(c))
       /\ WF_vars(BeginRun(c)) /\ WF_vars(\E s \in Servers : Read(c, s)) /\ WF_vars(\E s \in Servers : Dispatch(c, s))
  /\ \A s \in Servers :
       /\ WF_vars(~server[s].up /\ Expire(s)) /\ WF_vars(LearnExpiry(s)) /\ WF_vars(Reset(s)) /\ WF_vars(Join(s))
       /\ WF_vars(\E m \in messages : Accept(s, m)) /\ WF_vars(\E m \in messages : Refuse(s, m))
       /\ WF_vars(RunTransition(s)) /\ WF_vars(WriteState(s)) /\ WF_vars(DeleteMessage(s))
       /\ WF_vars(Produce(s)) /\ WF_vars(Arrive(s))

Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ Fairness

-----------------------------------------------------------------------------
(* Properties.                                                                                                     *)

\* ZooKeeper never shows two leaders, nor a leader beside a replica that was told to become one.
OneLeaderRecorded ==
  Cardinality({s \in Servers : live[s] # 0 /\ "LEADER" \in {StateOf(s, live[s])} \cup PendingOf(s, live[s])}) <= 1

\* No two replicas' writes are accepted under one term.
AtMostOneLeader == \A a, b \in writers : a[1] = b[1] => a[2] = b[2]

\* Whoever leads later has the higher term; or the log would shut out the new leader instead of the old one.
TermsGrow == ~repeated

\* Once a leader has begun to write, nothing of an earlier one is accepted any more.
NoWriteUnderneath == ~underneath

\* Must NOT hold: leadership does change hands, and both leaders write.
OneLeaderForEver == \A a, b \in writers : a[2] = b[2]

\* The bound on terms has cut nothing off.
TermsSuffice == granted < MaxTerm

Leads(s) == /\ Connected(s) /\ StateOf(s, live[s]) = "LEADER"
            /\ role[s].stage = "writes"
Usable(s) == server[s].up /\ server[s].state # "ERROR"
SomeLeader == <>[](\E s \in Servers : Usable(s)) => <>[](\E s \in Servers : Leads(s))

Interchangeable == Permutations(Servers) \cup Permutations(Controllers)
=============================================================================

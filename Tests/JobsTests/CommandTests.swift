import Testing

/// Everything about commands, one test after another: an exit test of Swift Testing blocks a thread of the cooperative pool
/// until no other process holds its pipe, and a process that another test starts meanwhile may.
@Suite(.serialized, .timeLimit(.minutes(1)))
enum CommandTests {}

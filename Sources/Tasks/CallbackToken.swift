/// Identifies one registration of a done-callback, to remove it.
///
/// The same function registered twice has two tokens and is called twice.
public struct CallbackToken: Hashable, Sendable {
    let number: UInt64
}

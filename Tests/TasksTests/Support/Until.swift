/// Lets other tasks run until `condition` holds: for states that send no signal, such as an observer being registered.
func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}

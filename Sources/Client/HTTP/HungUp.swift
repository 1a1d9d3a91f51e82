/// Why a reply was not complete: the daemon has hung up.
struct HungUp: Error {}

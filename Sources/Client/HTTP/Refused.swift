/// Why a socket could not be connected to: nobody listens at it any more.
struct Refused: Error {}

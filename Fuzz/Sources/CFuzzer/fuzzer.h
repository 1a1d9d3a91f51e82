// libFuzzer as a library (llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library"), of which there is no header.
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*check)(const uint8_t *data, size_t size));

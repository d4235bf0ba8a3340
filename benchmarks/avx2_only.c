// avx2_only.c: preloaded, it hides AVX-512, AVX-VNNI and AMX from whoever asks by CPUID, so that
// runtimes choose what they would on a processor without them. Linux, x86-64.
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { kSetCpuidFaulting = 0x1012 };  // ARCH_CPUID of arch_prctl(2), for this thread
enum { kFeatures = 7 };               // the leaf of extended features

static long let_cpuid(int pass) { return syscall(SYS_arch_prctl, kSetCpuidFaulting, pass); }

// Intel's manual, volume 2A, CPUID: AVX512F, DQ, IFMA, PF, ER, CD, BW, VL in EBX; VBMI, VBMI2,
// VNNI, BITALG, VPOPCNTDQ in ECX; 4VNNIW, 4FMAPS, VP2INTERSECT, AMX_BF16, AVX512_FP16, AMX_TILE,
// AMX_INT8 in EDX. The next subleaf has AVX_VNNI and what is newer.
static const unsigned kHiddenB = 0xdc230000, kHiddenC = 0x00005842, kHiddenD = 0x03c0010c;

static void answer(int number, siginfo_t* info, void* context) {
  (void)info;
  greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
  static const unsigned char kCpuid[] = {0x0f, 0xa2};
  if (memcmp((const void*)registers[REG_RIP], kCpuid, sizeof kCpuid) != 0) {
    signal(number, SIG_DFL);  // a fault of its own, which comes again
    return;
  }
  const unsigned leaf = registers[REG_RAX], subleaf = registers[REG_RCX];
  unsigned a, b, c, d;
  let_cpuid(1);
  __cpuid_count(leaf, subleaf, a, b, c, d);
  let_cpuid(0);
  if (leaf == kFeatures && subleaf == 0) {
    b &= ~kHiddenB, c &= ~kHiddenC, d &= ~kHiddenD;
  } else if (leaf == kFeatures) {
    a = b = c = d = 0;
  }
  registers[REG_RAX] = a, registers[REG_RBX] = b, registers[REG_RCX] = c, registers[REG_RDX] = d;
  registers[REG_RIP] += sizeof kCpuid;
}

// Before any library looks: they are initialized after this one. Threads inherit it.
__attribute__((constructor)) static void begin(void) {
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};
  action.sa_sigaction = answer;
  sigaction(SIGSEGV, &action, NULL);
  if (let_cpuid(0) != 0) {
    perror("this processor cannot fault on CPUID");
    _exit(1);
  }
}

# hardening.cmake: what makes an error of memory harder to exploit, and a build the same anywhere.
#
# Flags that this compiler or linker does not know are left out. tests/test_hardening.py reads
# the built module; tests/kernels/test_instructions.py holds the kernels to their budgets with it.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)

add_library(intlite_hardening INTERFACE)

function(intlite_try_compile_options)
  foreach(flag ${ARGN})
    string(MAKE_C_IDENTIFIER "INTLITE_HAS${flag}" known)
    check_cxx_compiler_flag("${flag}" ${known})
    if(${known})
      target_compile_options(intlite_hardening INTERFACE "${flag}")
    endif()
  endforeach()
endfunction()

function(intlite_try_link_options)
  foreach(flag ${ARGN})
    string(MAKE_C_IDENTIFIER "INTLITE_HAS${flag}" known)
    check_linker_flag(CXX "${flag}" ${known})
    if(${known})
      target_link_options(intlite_hardening INTERFACE "${flag}")
    endif()
  endforeach()
endfunction()

if(MSVC)
  target_compile_options(intlite_hardening INTERFACE /guard:cf)  # /GS is the default
  target_link_options(intlite_hardening INTERFACE /guard:cf)
  intlite_try_link_options(/Brepro)
else()
  # Indirect branches land on marked places only: x86-64 calls it one thing, AArch64 another.
  intlite_try_compile_options(
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -mbranch-protection=standard)
  # Which folder it was built in.
  intlite_try_compile_options(
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build")
  intlite_try_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
    "-Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map")

  # Lengths known when it runs are checked too, where the C library can.
  set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_cxx_source_compiles("#include <cstring>\nint main() { return 0; }" INTLITE_HAS_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  target_compile_options(intlite_hardening INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$<IF:$<BOOL:${INTLITE_HAS_FORTIFY_3}>,3,2>)
endif()

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bpf_object(<name> <source>): compiles <source> for the BPF target and makes
# the interface library <name>, which carries the generated <name>.skel.h.
#
# Both steps write to a temporary file that is renamed when it is whole: a
# compiler that fails half way leaves nothing that the next build would take
# for an object.
find_program(BPF_CLANG NAMES clang-19 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)

set(BPF_FLAGS
    -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Werror
    -Wno-unused-function
    -I${CMAKE_SOURCE_DIR}/bpf -I${CMAKE_SOURCE_DIR}/include
    -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -I/usr/include/x86_64-linux-gnu
    -D__TARGET_ARCH_x86)

function(bpf_object name source)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${BPF_CLANG} ${BPF_FLAGS} -MD -MF ${object}.d -MT ${object}
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}.tmp
    COMMAND ${CMAKE_COMMAND} -E rename ${object}.tmp ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "BPF object ${name}"
    VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND sh -c "\"$1\" gen skeleton \"$2\" name \"$3\" >\"$4\"" sh
            ${BPFTOOL} ${object} ${name} ${skeleton}.tmp
    COMMAND ${CMAKE_COMMAND} -E rename ${skeleton}.tmp ${skeleton}
    DEPENDS ${object}
    COMMENT "BPF skeleton ${name}"
    VERBATIM)
  add_custom_target(${name}_skeleton DEPENDS ${skeleton})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_skeleton)
  target_include_directories(${name} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(${name} INTERFACE PkgConfig::LIBBPF)
endfunction()

# Programs for measurements: built with the tests, run by hand.
function(el_bench name)
  cmake_parse_arguments(A "" "" "LAYERS" ${ARGN})
  add_executable(${name} bench/${name}.c)
  list(TRANSFORM A_LAYERS PREPEND el_)
  target_link_libraries(${name} PRIVATE el_warnings el_platform ${A_LAYERS})
endfunction()

el_bench(empty_server LAYERS net)

add_executable(storage_bench bench/storage_bench.c)
target_link_libraries(storage_bench PRIVATE el_warnings el_platform PkgConfig::SQLITE)

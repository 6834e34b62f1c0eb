# Benchmarks (tests/bench/run.sh): programs of their own, and one plain test that they work.  No time is asserted.
if(TARGET el_registry AND TARGET el_issuer)
  # el_bench(NAME LAYERS layer... SOURCES file...)
  function(el_bench name)
    cmake_parse_arguments(A "" "" "LAYERS;SOURCES" ${ARGN})
    list(TRANSFORM A_SOURCES PREPEND bench/)
    list(TRANSFORM A_LAYERS PREPEND el_)
    add_executable(bench_${name} bench/bench.c ${A_SOURCES})
    target_link_libraries(bench_${name} PRIVATE el_warnings el_platform ${A_LAYERS})
    set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/bench)
  endfunction()

  el_bench(loadgen LAYERS token
    SOURCES loadgen.c requests.c bodies.c http_client.c histogram.c schedule.c)
  el_bench(prepare LAYERS registry SOURCES prepare.c stock.c)
  el_bench(prepare_issuer LAYERS issuer SOURCES prepare_issuer.c)
  el_bench(parts LAYERS registry SOURCES parts.c)
  target_link_libraries(bench_parts PRIVATE PkgConfig::SODIUM PkgConfig::SQLITE)
  el_bench(find LAYERS registry SOURCES find_bench.c stock.c)
  el_bench(destroy LAYERS registry SOURCES destroy_bench.c stock.c)
  el_bench(core LAYERS registry SOURCES core_bench.c bodies.c stock.c)
  el_bench(token LAYERS issuer SOURCES token_bench.c)

  # The ceiling: the net processes alone.
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/bench/empty_server.c AND NOT TARGET empty_server)
    el_bench(empty_server LAYERS net SOURCES empty_server.c)
  endif()

  el_bench(jitter LAYERS base SOURCES jitter_bench.c)
  el_bench(storage LAYERS base SOURCES storage_bench.c)
  target_link_libraries(bench_storage PRIVATE PkgConfig::SQLITE)

  find_program(EL_JQ jq)
  find_program(EL_CURL curl)
  if(EL_JQ AND EL_CURL AND TARGET entrylog)
    add_test(NAME bench_short COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/bench/run.sh --short --build ${CMAKE_BINARY_DIR})
    set_tests_properties(bench_short PROPERTIES TIMEOUT 300
      ENVIRONMENT "ASAN_OPTIONS=detect_leaks=1;UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
  endif()
endif()

# System tests: real daemons on loopback, driven by the TypeScript implementation of docs/protocol.md.
find_program(EL_NODE node)
if(EL_NODE AND TARGET entrylog-registry AND TARGET entrylog-issuer AND TARGET entrylog-authority)
  add_test(NAME system_types COMMAND ${EL_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/system/run.mjs ${CMAKE_BINARY_DIR} all --check)
  # Small helpers of the tests; the system tests find them in the build's tests folder.
  add_executable(kill_at system/tools/kill_at.c)
  target_link_libraries(kill_at PRIVATE el_warnings el_platform)
  add_executable(visits_tool system/tools/visits_tool.c)
  target_link_libraries(visits_tool PRIVATE el_warnings el_platform el_registry)
  foreach(name checkin orders notices report trustee partials publog issuer http crash kill disk faults theft purge canary witness adversary)
    add_test(NAME system_${name} COMMAND ${EL_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/system/run.mjs ${CMAKE_BINARY_DIR} ${name})
    set_tests_properties(system_${name} PROPERTIES TIMEOUT 600
      ENVIRONMENT "EL_SANITIZED=${EL_SANITIZE};ASAN_OPTIONS=detect_leaks=1;UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
  endforeach()
  set_tests_properties(system_crash system_kill system_disk system_faults system_purge PROPERTIES LABELS slow)
  add_test(NAME system_demo COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/system/demo.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  # The same story with keys that the trustees have made among themselves.
  add_test(NAME system_demo_dkg COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/system/demo.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(system_demo_dkg PROPERTIES ENVIRONMENT "EL_DEMO_CEREMONY=trustees;EL_DEMO_WITNESSES=yes")
  set_tests_properties(system_demo system_demo_dkg PROPERTIES TIMEOUT 300 LABELS slow RESOURCE_LOCK demo)
  add_test(NAME system_dkg COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/system/dkg.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(system_dkg PROPERTIES TIMEOUT 300)
  add_test(NAME web_library COMMAND ${EL_NODE} ${CMAKE_SOURCE_DIR}/src/web/test.mjs ${CMAKE_BINARY_DIR}/web)
endif()

foreach(name checkin conf days json orders roots seen venues)
  el_test(registry_${name} LAYERS registry SOURCES unit/test_registry_${name}.c unit/registry_fixture.c unit/log_fixture.c)
endforeach()
target_link_options(test_registry_seen PRIVATE LINKER:--wrap=sqlite3_step)
target_link_libraries(test_registry_seen PRIVATE PkgConfig::SQLITE)

el_fuzz(registry_messages LAYERS registry SOURCES fuzz/fuzz_registry_messages.c)
el_fuzz(registry_batch LAYERS registry SOURCES fuzz/fuzz_registry_batch.c)
el_fuzz(checkin_plain LAYERS registry SOURCES fuzz/fuzz_checkin_plain.c)

foreach(name checkin conf days json orders venues)
  el_test(registry_${name} LAYERS registry SOURCES unit/test_registry_${name}.c unit/registry_fixture.c)
endforeach()

el_fuzz(registry_messages LAYERS registry SOURCES fuzz/fuzz_registry_messages.c)
el_fuzz(registry_batch LAYERS registry SOURCES fuzz/fuzz_registry_batch.c)

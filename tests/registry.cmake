foreach(name checkin)
  el_test(registry_${name} LAYERS registry SOURCES unit/test_registry_${name}.c unit/registry_fixture.c)
endforeach()

foreach(name visitors)
  el_test(issuer_${name} LAYERS issuer SOURCES unit/test_issuer_${name}.c unit/issuer_fixture.c)
endforeach()

el_fuzz(issuer_messages LAYERS issuer SOURCES fuzz/fuzz_issuer_messages.c)

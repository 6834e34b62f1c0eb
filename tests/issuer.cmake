foreach(name draw notices orders roots visitors)
  el_test(issuer_${name} LAYERS issuer SOURCES unit/test_issuer_${name}.c unit/issuer_fixture.c unit/log_fixture.c)
endforeach()
target_link_options(test_issuer_draw PRIVATE LINKER:--wrap=crypto_sign_detached)

el_test(issuer_signers LAYERS issuer SOURCES unit/test_issuer_signers.c)

el_fuzz(issuer_messages LAYERS issuer SOURCES fuzz/fuzz_issuer_messages.c)
el_fuzz(draw_plain LAYERS issuer SOURCES fuzz/fuzz_draw_plain.c)

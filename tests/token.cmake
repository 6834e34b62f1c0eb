el_test(token LAYERS token SOURCES unit/test_token_token.c)
el_test(token_qr LAYERS token SOURCES unit/test_token_qr.c)
target_link_libraries(test_token_qr PRIVATE PkgConfig::PNG)
el_fuzz(token LAYERS token SOURCES fuzz/fuzz_token.c)

el_test(authority_dkg LAYERS authority SOURCES unit/test_authority_dkg.c)
el_fuzz(dkg LAYERS authority SOURCES fuzz/fuzz_dkg.c)

el_test(authority_dkg LAYERS authority SOURCES unit/test_authority_dkg.c unit/dkg_world.c)
el_test(authority_dkg_file LAYERS authority SOURCES unit/test_authority_dkg_file.c unit/test_order_world.c)
el_fuzz(dkg LAYERS authority SOURCES fuzz/fuzz_dkg.c)

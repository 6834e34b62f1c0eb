el_test(authority_join LAYERS authority
  SOURCES unit/test_authority_join.c unit/join_world.c unit/log_fixture.c unit/test_order_world.c unit/scratch.c)
el_test(authority_partials LAYERS authority SOURCES unit/test_authority_partials.c)
el_fuzz(partials LAYERS authority SOURCES fuzz/fuzz_partials.c)
el_test(authority_dkg LAYERS authority SOURCES unit/test_authority_dkg.c unit/dkg_world.c)
el_test(authority_dkg_file LAYERS authority SOURCES unit/test_authority_dkg_file.c unit/test_order_world.c)
el_fuzz(dkg LAYERS authority SOURCES fuzz/fuzz_dkg.c)
el_test(authority_report LAYERS authority SOURCES unit/test_authority_report.c)
el_fuzz(authority_answers LAYERS authority SOURCES fuzz/fuzz_authority_answers.c)
el_test(authority_witness LAYERS authority
  SOURCES unit/test_authority_witness.c unit/scratch.c unit/test_order_world.c)
el_fuzz(history LAYERS authority SOURCES fuzz/fuzz_history.c)
el_test(authority_join_witness LAYERS authority
  SOURCES unit/test_authority_join_witness.c unit/join_world.c unit/log_fixture.c unit/test_order_world.c unit/scratch.c)
el_test(authority_adversary LAYERS authority
  SOURCES unit/test_authority_adversary.c unit/join_world.c unit/log_fixture.c unit/test_order_world.c unit/scratch.c)
el_test(authority_call LAYERS authority_daemon
  SOURCES unit/test_authority_call.c unit/join_world.c unit/log_fixture.c unit/test_order_world.c unit/scratch.c)

el_test(authority_witness LAYERS authority
  SOURCES unit/test_authority_witness.c unit/scratch.c unit/test_order_world.c)

el_test(cli_log_verify LAYERS cli publog
  SOURCES unit/test_cli_log_verify.c unit/scratch.c unit/test_order_world.c ${CMAKE_SOURCE_DIR}/src/cli/commands.c)
el_test(cli_text LAYERS cli SOURCES unit/test_cli_text.c)

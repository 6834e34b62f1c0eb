el_test(table LAYERS table SOURCES unit/test_table.c)

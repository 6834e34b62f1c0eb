el_test(table LAYERS table SOURCES unit/test_table.c)
el_test(table_spent LAYERS table SOURCES unit/test_table_spent.c)

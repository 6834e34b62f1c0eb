el_test(authority_report LAYERS authority SOURCES unit/test_authority_report.c)
el_fuzz(authority_answers LAYERS authority SOURCES fuzz/fuzz_authority_answers.c)

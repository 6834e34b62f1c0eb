set(conformance ${CMAKE_CURRENT_SOURCE_DIR}/conformance)

el_test(daybook_sqlite LAYERS daybook
  SOURCES unit/test_daybook_sqlite.c conformance/daybook_conformance.c conformance/daybook_rows.c)
el_test(daybook_files LAYERS daybook
  SOURCES unit/test_daybook_files.c conformance/daybook_rows.c)
el_test(daybook_crash LAYERS daybook
  SOURCES unit/test_daybook_crash.c conformance/daybook_rows.c)
el_test(daybook_faults LAYERS daybook
  SOURCES unit/test_daybook_faults.c conformance/daybook_rows.c)

foreach(name sqlite files crash faults)
  target_include_directories(test_daybook_${name} PRIVATE ${conformance})
endforeach()

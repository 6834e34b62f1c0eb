# House rules and trust boundaries, as tests.
if(TARGET entrylog-registry AND TARGET entrylog-issuer AND TARGET entrylog-authority)
  add_test(NAME lint_symbols COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/lint/symbols.sh ${CMAKE_BINARY_DIR})
endif()
add_test(NAME lint_source COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/lint/source.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
if(TARGET el_library)
  add_test(NAME lint_install COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/lint/install.sh ${CMAKE_BINARY_DIR})
endif()
add_test(NAME lint_docs COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/lint/docs.sh ${CMAKE_SOURCE_DIR})

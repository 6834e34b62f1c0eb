set(vectors ${CMAKE_CURRENT_SOURCE_DIR}/vectors)

add_executable(make_vectors ${vectors}/make_vectors.c ${vectors}/vectors.c ${vectors}/make_base.c ${vectors}/make_group.c
  ${vectors}/make_sealed.c ${vectors}/make_sign.c ${vectors}/make_token.c ${vectors}/make_log.c
  ${vectors}/make_public_log.c ${vectors}/make_dleq.c)
target_link_libraries(make_vectors PRIVATE el_warnings el_platform el_token el_log PkgConfig::JANSSON PkgConfig::SODIUM)
add_test(NAME vectors_regenerate COMMAND make_vectors --check ${vectors})

el_test(vectors LAYERS token log
  SOURCES unit/test_vectors.c unit/vectors_replay.c unit/vectors_base.c unit/vectors_crypto.c unit/vectors_log.c unit/vectors_token.c)
target_link_libraries(test_vectors PRIVATE PkgConfig::JANSSON PkgConfig::SODIUM)
foreach(name checkpoint note tile_tree tiles tree)
  el_test(log_${name} LAYERS log SOURCES unit/test_log_${name}.c)
endforeach()
foreach(name checkpoint consistency entry_bundle note tile_path tree_path)
  el_fuzz(${name} LAYERS log SOURCES fuzz/fuzz_${name}.c)
endforeach()

# The documents' vectors, where that layer is built.
if(TARGET el_order)
  add_executable(make_order_vectors ${vectors}/make_order_vectors.c ${vectors}/vectors.c ${vectors}/make_rjson.c
    ${vectors}/make_documents.c ${vectors}/make_publog.c)
  target_link_libraries(make_order_vectors PRIVATE el_warnings el_platform el_order PkgConfig::JANSSON PkgConfig::SODIUM)
  add_test(NAME vectors_regenerate_order COMMAND make_order_vectors --check ${vectors})
  el_test(vectors_order LAYERS order SOURCES unit/test_vectors_order.c unit/vectors_replay.c unit/vectors_publog.c)
  target_link_libraries(test_vectors_order PRIVATE PkgConfig::JANSSON PkgConfig::SODIUM)
endif()

set(order_world unit/test_order_world.c)

el_test(order_rjson LAYERS order SOURCES unit/test_order_rjson.c)
foreach(name answers callsig check document faults order policy proven trust)
  el_test(order_${name} LAYERS order SOURCES unit/test_order_${name}.c ${order_world})
endforeach()
el_test(order_held LAYERS order SOURCES unit/test_order_held.c)
el_test(order_proven_rows LAYERS order SOURCES unit/test_order_proven_rows.c)
target_link_options(test_order_faults PRIVATE LINKER:--wrap=malloc,--wrap=calloc,--wrap=free)

foreach(name rjson document order_doc policy release scope)
  el_fuzz(${name} LAYERS order SOURCES fuzz/fuzz_${name}.c)
endforeach()

set(order_world unit/test_order_world.c)

el_test(order_rjson LAYERS order SOURCES unit/test_order_rjson.c)
foreach(name check document order policy)
  el_test(order_${name} LAYERS order SOURCES unit/test_order_${name}.c ${order_world})
endforeach()

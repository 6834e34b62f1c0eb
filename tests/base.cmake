foreach(name codec text)
  el_test(base_${name} LAYERS base SOURCES unit/test_base_${name}.c)
endforeach()
el_test(base_file LAYERS base SOURCES unit/test_base_file.c unit/scratch.c)

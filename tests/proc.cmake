el_test(proc_channel LAYERS proc SOURCES unit/test_proc_channel.c)
foreach(name control family)
  el_test(proc_${name} LAYERS proc SOURCES unit/test_proc_${name}.c unit/scratch.c)
endforeach()

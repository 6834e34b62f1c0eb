el_test(proc_channel LAYERS proc SOURCES unit/test_proc_channel.c)
el_test(proc_control LAYERS proc SOURCES unit/test_proc_control.c unit/scratch.c)

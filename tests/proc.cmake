el_test(proc_channel LAYERS proc SOURCES unit/test_proc_channel.c)
foreach(name control family)
  el_test(proc_${name} LAYERS proc SOURCES unit/test_proc_${name}.c unit/scratch.c)
endforeach()
el_fuzz(channel LAYERS proc SOURCES fuzz/fuzz_channel.c)
el_fuzz(control LAYERS proc SOURCES fuzz/fuzz_control.c)

# What the services share in their core.
el_test(service_outbox LAYERS service SOURCES unit/test_service_outbox.c)
target_link_options(test_service_outbox PRIVATE LINKER:--wrap=el_worker_put)

foreach(name http limits pages process)
  el_test(net_${name} LAYERS net SOURCES unit/test_net_${name}.c unit/test_net_world.c unit/scratch.c)
endforeach()
el_test(net_parts LAYERS net client SOURCES unit/test_net_parts.c unit/test_net_world.c)

el_fuzz(http LAYERS net SOURCES fuzz/fuzz_http.c)
el_fuzz(proxy LAYERS net SOURCES fuzz/fuzz_proxy.c)
el_fuzz(pages LAYERS net SOURCES fuzz/fuzz_pages.c)

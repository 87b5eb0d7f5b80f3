/*
 * test_provider_wire.h - pieces of Chat Completions responses, plain and streamed, as literals.
 */
#ifndef TESTS_UNIT_TEST_PROVIDER_WIRE_H
#define TESTS_UNIT_TEST_PROVIDER_WIRE_H

#define CHOICE(message, finish)                                                                    \
    "{\"choices\":[{\"index\":0,\"message\":" message ",\"finish_reason\":" finish "}]}"
#define SAYS(members, finish) CHOICE("{\"role\":\"assistant\"," members "}", "\"" finish "\"")
#define CHUNK(delta)                                                                               \
    "data: {\"choices\":[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}]}\n\n"
#define LAST(finish)                                                                               \
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" finish "\"}]}\n\n"
#define DONE "data: [DONE]\n\n"

#endif

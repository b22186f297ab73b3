// Card memory of the simulated card outside the model, so that another process can map it.
//
// Included before the generated model, whose memory block (`ByteEnableRam` of the gateware) calls these functions instead of
// keeping an array. The block asks for its memory when it is made, and is given what the shim was told for this card.
// Accesses are volatile: whoever has mapped the memory reads and writes it at the same time. One DW is never torn.
#pragma once

#include <cstdint>

struct CardMemoryOffer {
    uint8_t* base = nullptr;
    uint64_t bytes = 0;
    bool refused = false;
};

// What the card that this thread is making may have. Only one block can have it.
inline thread_local CardMemoryOffer card_memory_offer;

inline uint64_t card_memory_take(uint64_t bytes) {
    uint8_t* const base = card_memory_offer.base;
    if (!base || bytes != card_memory_offer.bytes) {
        card_memory_offer.refused = true;
        return 0;
    }
    card_memory_offer.base = nullptr;
    return reinterpret_cast<uint64_t>(base);
}

inline uint32_t card_memory_read(uint64_t base, uint32_t index) {
    return reinterpret_cast<const volatile uint32_t*>(base)[index];
}

// Bytes that are not enabled are not touched: they may be another writer's.
inline void card_memory_write(uint64_t base, uint32_t index, uint32_t value, uint32_t enables) {
    if (enables == 0xF) {
        reinterpret_cast<volatile uint32_t*>(base)[index] = value;
        return;
    }
    volatile uint8_t* const bytes = reinterpret_cast<volatile uint8_t*>(base) + 4 * uint64_t{index};
    for (unsigned lane = 0; lane < 4; lane++) {
        if ((enables >> lane) & 1) bytes[lane] = uint8_t(value >> (8 * lane));
    }
}

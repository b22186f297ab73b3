/* poppack.h - ends the packing that a pshpackN.h began. No guard: meant to be included again. */
#pragma pack(pop)

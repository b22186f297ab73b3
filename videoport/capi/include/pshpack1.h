/* pshpack1.h - structures from here on are packed to 1 byte(s), until poppack.h. No guard: meant to be included again. */
#pragma pack(push, 1)

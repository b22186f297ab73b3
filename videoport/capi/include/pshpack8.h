/* pshpack8.h - structures from here on are packed to 8 byte(s), until poppack.h. No guard: meant to be included again. */
#pragma pack(push, 8)

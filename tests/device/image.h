/*
 * image - an ESP32 application image, checked as the bootloader does
 * (esp_image_format.c, esp_app_format.h of ESP-IDF).
 */
#ifndef DEVICE_IMAGE_H
#define DEVICE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fault.h"

struct image_info {
	unsigned int segments;
	char version[33]; /* "" before ESP-IDF v3.3, which has none */
	char project[33];
};

/* Read the whole file; every fault is DEVICE_IMAGE and says what is wrong. */
bool image_check(struct image_info *info, FILE *file, struct fault *fault);

#endif

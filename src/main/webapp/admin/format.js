// Figures as people read them. What is missing is a dash.

import { inMs } from './shared/dom.js';

const NONE = '–';
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** @typedef {number | null | undefined} Figure */

/** @param {Figure} value @returns {string} */
export function count(value) {
  if (value == null) {
    return NONE;
  }
  const digits = value !== 0 && Math.abs(value) < 10 ? 1 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** @param {Figure} value @returns {string} */
export function bytes(value) {
  if (value == null) {
    return NONE;
  }
  let unit = 0;
  let left = value;
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1000;
    unit++;
  }
  const digits = unit > 0 && left < 100 ? 1 : 0;
  return `${left.toLocaleString('en', { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** @param {Figure} value @returns {string} */
export const rate = (value) => (value == null ? NONE : `${value > 0 && value < 1 ? value.toFixed(2) : count(value)}/s`);

/** @param {Figure} value @returns {string} */
export const byteRate = (value) => (value == null ? NONE : `${bytes(value)}/s`);

/** A short time. @param {Figure} seconds @returns {string} */
export function latency(seconds) {
  if (seconds == null) {
    return NONE;
  }
  const ms = seconds * 1000;
  if (ms === 0) {
    return '0 ms';
  }
  return ms >= 1000 ? `${count(seconds)} s` : inMs(ms);
}

/** A long time. @param {Figure} seconds @returns {string} */
export function duration(seconds) {
  if (seconds == null) {
    return NONE;
  }
  if (seconds < 60) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** @param {Figure} part from 0 to 1 @returns {string} */
export const percent = (part) => (part == null ? NONE : `${Math.round(part * 100)} %`);

/** @param {number} at in milliseconds since 1970 @returns {string} */
export const clock = (at) => new Date(at).toLocaleTimeString('en-GB');

/** @param {number} at in milliseconds since 1970 @returns {string} */
export const day = (at) => new Date(at).toISOString().slice(0, 10);

/** @param {Figure} at in milliseconds since 1970 @returns {string} */
export const ago = (at) => (at == null ? NONE : `${duration((Date.now() - at) / 1000)} ago`);

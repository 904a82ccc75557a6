/** What each stream of random numbers is for: the second word of a counter, so that no two draws ever share a number. */
export const streams = {
  dropout: 1,
  timesteps: 2,
  intensity: 3,
  masking: 4,
  noise: 5,
  exposure: 6,
  lessons: 7,
} as const;

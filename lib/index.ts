/** Counterpoint: take a picture apart into eight representations, change any of them, put a picture together again. */
export type { Branch } from "./algebra/branches.js";
export { Composer } from "./composer/composer.js";
export {
  type ComposeOptions,
  composeOptions,
  type DecomposeOptions,
  decomposeOptions,
  type LoadOptions,
  loadOptions,
} from "./composer/options.js";
export type { PartsInput } from "./composer/request.js";
export type { Adherence, ComposeResult, Manifest } from "./composer/result.js";
export type { Run, StepEvent } from "./composer/run.js";
export { version } from "./composer/version.js";
export {
  type ConditionName,
  conditionNames,
  type MetricName,
  type Metrics,
  metricDirections,
} from "./conditions/condition.js";
export { Image, type ImageFormat } from "./conditions/image.js";
export type { Instances } from "./conditions/instances.js";
export { type IntensityWeights, intensityOf } from "./conditions/intensity.js";
export {
  type Masking,
  maskingFromImage,
  maskingFromRectangles,
  maskingOf,
  type Rectangle,
} from "./conditions/masking.js";
export { Palette, type Swatch, type WeightedColour } from "./conditions/palette.js";
export { loadParts, type Parts, saveParts } from "./conditions/parts.js";
export type { Plane } from "./conditions/plane.js";
export { type ImageInput, type RawPixels, readImage } from "./conditions/read-image.js";
export { blendSemantics } from "./conditions/semantics.js";
export { sketchOf } from "./conditions/sketch.js";
export { CounterpointError } from "./graph/error.js";
export type { ChosenDeviceInfo, DeviceName, SkippedDevice } from "./machine/choose.js";
export type { DeviceInfo } from "./machine/device.js";
export { type ListedDevice, listDevices } from "./machine/list.js";

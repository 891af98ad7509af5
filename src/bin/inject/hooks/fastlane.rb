# Written by `inject hook fastlane`: a lane that puts the client credentials of an environment into what was built.
#
# Where it goes: fastlane/InjectFastfile. In fastlane/Fastfile:
#     import "InjectFastfile"
#
#     lane :beta do
#       gradle(task: "assemble", build_type: "Release")
#       inject_credentials(environment: "prod")
#     end
#
# The same in front of `supply`: gradle(task: "bundle", build_type: "Release"), then inject_credentials, then supply.
#
# Options, all of them optional:
#   environment  else the variable INJECT_ENV, else the active one (`inject env use`); asked each time, nothing is remembered
#   artifact     one path or several; else those named below, else what gradle or build_app made in this run, else those of inject.toml
#   options      more options of inject, for example ["--p12", "id.p12", "--p12-pass", "env:P12_PASSWORD"]
#
# The key for packages and bundles: the variables KEYSTORE_FILE, KEYSTORE_PASSWORD, KEY_ALIAS and KEY_PASSWORD.

desc "Put the client credentials of an environment into what was built"
lane :inject_credentials do |options|
  made = %i[
    GRADLE_ALL_APK_OUTPUT_PATHS GRADLE_APK_OUTPUT_PATH GRADLE_ALL_AAB_OUTPUT_PATHS GRADLE_AAB_OUTPUT_PATH IPA_OUTPUT_PATH
  ].filter_map do |name|
    lane_context[SharedValues.const_get(name)] if SharedValues.const_defined?(name)
  end
  named = @@ARTIFACTS@@
  artifacts = [options[:artifact] || (named.empty? ? made : named)].flatten.reject { |path| path.to_s.empty? }.uniq
  words = @@APP@@
  words += ["--env", options[:environment].to_s] if options[:environment]
  words += [options[:options] || []].flatten.map(&:to_s)
  # Lanes run in the folder fastlane/; paths are meant from the project. As words of their own they pass no shell.
  Dir.chdir("..") do
    sh("inject", *artifacts.map(&:to_s), *words)
  end
end

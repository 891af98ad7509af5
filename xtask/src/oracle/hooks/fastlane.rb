# Stand-ins for what fastlane gives a Fastfile: just enough to carry out the lane. Arguments: the Fastfile, the folder fastlane/.
require "open3"

module SharedValues
  GRADLE_APK_OUTPUT_PATH = :GRADLE_APK_OUTPUT_PATH
  IPA_OUTPUT_PATH = :IPA_OUTPUT_PATH
end

LANES = {}
CONTEXT = {}

def desc(_text) = nil
def lane(name, &block) = LANES[name] = block
def lane_context = CONTEXT

# Several words are a command without a shell (fastlane's action `sh`).
def sh(*words)
  raise "a command line for a shell: #{words}" if words.length < 2
  output, status = Open3.capture2e(*words)
  print output
  raise "#{words} ended with #{status.exitstatus}" unless status.success?
end

fastfile, folder, made, *options = ARGV
eval(File.read(fastfile), TOPLEVEL_BINDING, fastfile)
CONTEXT[SharedValues::GRADLE_APK_OUTPUT_PATH] = made unless made.empty?
Dir.chdir(folder)
LANES.fetch(:inject_credentials).call(options.to_h { |pair| pair.split("=", 2) }.transform_keys(&:to_sym))

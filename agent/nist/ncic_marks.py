"""NCIC codes of scars, marks, tattoos and other characteristics: 2.026 SMT (EBTS 10.0 code table).

One line each: the code padded to its greatest length of ten, then what it stands for. Where the table repeats the words of another code
(DISC LCALF, DISC RCALF, MOLE R ELB, MOLE RCALF, RTAT EYE), what the code itself says stands here.
"""

from __future__ import annotations

from types import MappingProxyType

_TABLE = """
ART ARM    arm, artificial, nonspecific
ART BRST   breast, nonspecific, artificial
ART BRSTS  breast implant, left and right
ART EAR    ear, nonspecific, artificial
ART ELBOW  artificial elbow joint
ART EYE    eye, nonspecific, artificial
ART FOOT   foot, nonspecific, artificial
ART HAND   hand, nonspecific, artificial
ART HIP    artificial hip joint
ART KNEE   artificial knee joint
ART L ARM  arm, left, artificial
ART L BRST breast implant, left
ART L EAR  ear, left, artificial
ART L ELB  left elbow, artificial
ART L EYE  eye, left, artificial
ART L FT   foot, left, artificial
ART L HIP  left hip, artificial
ART L HND  hand, left, artificial
ART L KNE  left knee, artificial
ART L LEG  leg, left, artificial
ART L SHLD left shoulder, artificial
ART LARYNX artificial larynx
ART LEG    leg, nonspecific, artificial
ART R ARM  arm, right, artificial
ART R BRST breast implant, right
ART R EAR  ear, right, artificial
ART R ELB  right elbow, artificial
ART R EYE  eye, right, artificial
ART R FT   foot, right, artificial
ART R HIP  right hip, artificial
ART R HND  hand, right, artificial
ART R KNE  right knee, artificial
ART R LEG  leg, right, artificial
ART R SHLD right shoulder, artificial
ART SHLD   artificial shoulder joint
BALD       bald or balding
BLIND      blind, both eyes
BLND EYE   blind, one eye
BLND L EYE blind, left eye
BLND R EYE blind, right eye
BRA LR ARM brace, left and right arms
BRA LR LEG brace, left and right legs
BRAC ARM   brace, one arm, nonspecific
BRAC L ARM brace, left arm
BRAC L LEG brace, left leg
BRAC LEG   brace, one leg, nonspecific
BRAC R ARM brace, right arm
BRAC R LEG brace, right leg
BRAC TEETH braces, teeth
BRACE BACK brace, back
BRACE NECK brace, neck
CANE       cane
CARD PACEM cardiac pacemaker
CATA L EYE cataract, left eye
CATA R EYE cataract, right eye
CATARACT   cataract
CAUL EAR   cauliflower ear
CAUL L EAR cauliflower ear, left
CAUL R EAR cauliflower ear, right
CL LIP     cleft lip
CLEFT CHIN cleft chin
CLEFT PAL  cleft palate
COLOST APP colostomy appliances
CON LENSES contact lenses
CRIP ARM   arm, nonspecific, crippled
CRIP FGR   finger(s), nonspecific, crippled
CRIP FOOT  foot, nonspecific, crippled
CRIP HAND  hand, nonspecific, crippled
CRIP L ARM crippled arm, left
CRIP L FGR crippled finger, left hand
CRIP L FT  crippled foot, left
CRIP L HND crippled hand, left
CRIP L LEG crippled leg, left
CRIP L TOE crippled toe(s), left
CRIP LEG   leg, nonspecific, crippled
CRIP R ARM crippled arm, right
CRIP R FGR crippled finger, right hand
CRIP R FT  crippled foot, right
CRIP R HND crippled hand, right
CRIP R LEG crippled leg, right
CRIP R TOE crippled toe(s), right
CRIP TOE   toe(s), nonspecific, crippled
CROSSEYED  cross-eyed
CRUTCHES   crutches
DA ALCOHOL alcohol
DA AMPHETA amphetamines
DA BARBITU barbituates
DA COCAINE cocaine
DA GLUE    glue
DA HALLUCI hallucinogens
DA MARIJUA marijuana
DA NARCOTI narcotics
DA OTHER   drugs of abuse def in mis field
DA PAINT   paint (includes thinner)
DA RITALIN ritalin
DA ROHYPNL rohypnol
DEAF       deaf, both ears
DEAF EAR   deaf, one ear
DEAF L EAR deaf, left ear
DEAF MUTE  deaf-mute
DEAF R EAR deaf, right ear
DENT LOW   denture, lower
DENT UP    denture, upper
DENT UP LO denture, upper and lower
DEV SEPTUM deviated septum
DIMP CHEEK cheek, nonspecific, dimple
DIMP CHIN  dimple, chin
DIMP FACE  face, dimple
DIMP L CHK dimple, left cheek (face)
DIMP R CHK dimple, right cheek (face)
DISC ABDOM discolored abdomen
DISC ANKL  discolored ankle, nonspecific
DISC ARM   discolored arm, nonspecific
DISC BACK  discolored back
DISC BRST  discolored breast, nonspecific
DISC BUTTK discolored buttocks
DISC CALF  calf, nonspecific, discolored
DISC CHEEK discolored cheek (face), nonspecific
DISC CHEST discolored chest
DISC CHIN  chin, discolored
DISC EAR   discolored ear, nonspecific
DISC ELBOW elbow, nonspecific, discolored
DISC EYE   discolored eyebrow, nonspecific
DISC F ARM forearm, nonspecific, discolored
DISC FACE  discolored face, nonspecific
DISC FGR   discolored finger, nonspecific
DISC FHD   forehead, discolored
DISC FOOT  discolored foot, nonspecific
DISC GROIN groin, nonspecific, discolored
DISC HAND  hand, nonspecific, discolored
DISC HEAD  discolored head
DISC HIP   discolored hip, nonspecific
DISC KNEE  discolored knee, nonspecific
DISC L ANK discolored left ankle
DISC L ARM discolored left arm
DISC L BRS discolored breast, left
DISC L BUT discolored left buttock
DISC L CHK discolored left cheek
DISC L EAR discolored left ear
DISC L ELB left elbow, discolored
DISC L EYE discolored left eye area/eyebrow
DISC L FGR discolored finger(s), left hand
DISC L FT  discolored left foot
DISC L HIP hip, left, discolored
DISC L HND hand, left, discolored
DISC L LEG discolored left leg
DISC L LIP lip, lower, discolored
DISC L TOE left toe, discolored
DISC L WRS wrist, left, discolored
DISC LCALF calf, left, discolored
DISC LEG   leg, nonspecific, discolored
DISC LFARM left forearm, discolored
DISC LIP   lip, nonspecific, discolored
DISC LKNEE knee, left, discolored
DISC LSHLD shoulder, left, discolored
DISC LTHGH thigh, left, discolored
DISC NECK  neck, discolored
DISC NOSE  nose, discolored
DISC PENIS penis
DISC R ANK discolored right ankle
DISC R ARM discolored right arm
DISC R BRS discolored breast, right
DISC R BUT discolored right buttock
DISC R CHK discolored right cheek
DISC R EAR discolored right ear
DISC R ELB right elbow, discolored
DISC R EYE discolored right eye area/eyebrow
DISC R FGR discolored finger(s), right hand
DISC R FT  discolored right foot
DISC R HIP hip, right, discolored
DISC R HND hand, right, discolored
DISC R LEG discolored right leg
DISC R TOE right toe, discolored
DISC R WRS wrist, right, discolored
DISC RCALF calf, right, discolored
DISC RFARM right forearm, discolored
DISC RKNEE knee, right, discolored
DISC RSHLD shoulder, right, discolored
DISC RTHGH thigh, right, discolored
DISC SHLD  shoulder, nonspecific, discolored
DISC THGH  thigh, nonspecific, discolored
DISC TOE   toe(s), nonspecific, discolored
DISC U LIP lip, upper, discolored
DISC ULARM upper left arm, discolored
DISC URARM upper right arm, discolored
DISC WRIST wrist, nonspecific, discolored
EAR TUBES  tubes in ears, left and right
EXTR BRST  extra breast
EXTR C NIP extra nipple, center
EXTR C VRT extra cervical vertebra(e)
EXTR CBRST extra breast, center
EXTR FGR   finger(s), nonspecific, extra
EXTR L FGR extra finger, left hand
EXTR L NIP extra nipple, left
EXTR L TOE extra toe, left
EXTR L TTH extra tooth/teeth (lower jaw)
EXTR L VRT extra lumbar vertebra(e)
EXTR LBRST extra breast, left
EXTR NIP   extra nipple
EXTR R FGR extra finger, right hand
EXTR R NIP extra nipple, right
EXTR R TOE extra toe, right
EXTR RBRST extra breast, right
EXTR TOE   toe(s), nonspecific, extra
EXTR TTH   tooth/teeth, nonspecific, extra
EXTR U TTH extra tooth/teeth (upper jaw)
EXTR VRT   extra vertebra(e), nonspecific
FRC ANKL   fractured ankle, nonspecific
FRC ARM    fractured arm, nonspecific
FRC BACK   fractured back
FRC CLAVIC frac clavicle, nonspecific
FRC ELBOW  elbow, nonspecific, fractured
FRC FGR    fractured finger, nonspecific
FRC FOOT   fractured foot, nonspecific
FRC HAND   fractured hand, nonspecific
FRC HIP    hip, nonspecific, fractured
FRC JAW    fractured jaw, nonspecific
FRC KNEE   fractured knee
FRC L ANKL fractured ankle, left
FRC L ARM  left arm, fractured
FRC L ELB  left elbow, fractured
FRC L FGR  fractured finger(s), left hand
FRC L FOOT fractured foot, left
FRC L HAND fractured hand, left
FRC L HIP  left hip, fractured
FRC L KNEE fractured knee, left
FRC L LEG  left leg, fractured
FRC L RIB  frac rib(s), left
FRC L SHLD fractured shoulder, left
FRC L TOE  frac toe(s), left
FRC L WRST frac wrist, left
FRC LCLAVI frac clavicle, left
FRC LEG    frac leg, nonspecific
FRC LL ARM frac arm, lower left
FRC LL JAW frac jaw, lower left
FRC LL LEG frac leg, lower left
FRC LPELVI frac pelvic bone, left
FRC LR ARM frac arm, lower right
FRC LR JAW frac jaw, lower right
FRC LR LEG frac leg, lower right
FRC NECK   fractured neck
FRC NOSE   fractured nose
FRC PELVIS fractured pelvis
FRC R ANKL fractured ankle, right
FRC R ARM  right arm, fractured
FRC R ELB  right elbow, fractured
FRC R FGR  fractured finger, right hand
FRC R FOOT fractured foot, right
FRC R HAND fractured hand, right
FRC R HIP  right hip, fractured
FRC R KNEE fractured knee, right
FRC R LEG  right leg, fractured
FRC R RIB  frac rib(s), right
FRC R SHLD fractured shoulder, right
FRC R TOE  frac toe(s), right
FRC R WRST frac wrist, right
FRC RCLAVI frac clavicle, right
FRC RIBS   frac rib(s), nonspecific
FRC RPELVI frac pelvic bone, right
FRC SHLD   fractured shoulder
FRC SKULL  fractured skull
FRC SPINE  fractured spine
FRC STERN  fractured sternum
FRC TOE    frac toes, nonspecific
FRC UL ARM frac arm, upper left
FRC UL JAW frac jaw, upper left
FRC UL LEG frac leg, upper left
FRC UR ARM frac arm, upper right
FRC UR JAW frac jaw, upper right
FRC UR LEG frac leg, upper right
FRC WRIST  frac wrist, nonspecific
FRECKLES   freckles
GLASSES    glasses
GLAUCOMA   glaucoma
GOLD TOOTH gold tooth
HAIR IMPL  hair implants
HEAR AID   hearing aid
HERMAPHR   hermaphrodite
HFR ANKL   ankle, nonspecific
HFR ARM    arm, nonspecific
HFR BACK   back
HFR CLAVIC clavicle, nonspecific
HFR ELBOW  elbow, nonspecific, healed fracture
HFR FGR    finger(s), nonspecific
HFR FOOT   foot, nonspecific
HFR HAND   hand, nonspecific
HFR HIP    hip, nonspecific, healed fracture
HFR JAW    jaw, nonspecific
HFR KNEE   knee, nonspecific
HFR L ANKL ankle, left
HFR L ARM  left arm, healed fracture
HFR L ELB  left elbow, healed fracture
HFR L FGR  finger(s), left hand
HFR L FOOT foot, left
HFR L HAND hand, left
HFR L HIP  left hip, healed fracture
HFR L KNEE knee, left
HFR L LEG  left leg, healed fracture
HFR L RIB  rib(s), left
HFR L SHLD shoulder, left
HFR L TOE  toe(s), left foot
HFR L WRST wrist, left
HFR LCLAVI clavicle, left
HFR LEG    leg, nonspecific
HFR LL ARM arm, lower left
HFR LL JAW jaw, lower left
HFR LL LEG leg, lower left
HFR LPELVI pelvic bone, left
HFR LR ARM arm, lower right
HFR LR JAW jaw, lower right
HFR LR LEG leg, lower right
HFR NECK   neck
HFR NOSE   nose
HFR PELVIS pelvis, nonspecific
HFR R ANKL ankle, right
HFR R ARM  right arm, healed fracture
HFR R ELB  right elbow, healed fracture
HFR R FGR  finger(s), right hand
HFR R FOOT foot, right
HFR R HAND hand, right
HFR R HIP  right hip, healed fracture
HFR R KNEE knee, right
HFR R LEG  right leg, healed fracture
HFR R RIB  rib(s), right
HFR R SHLD shoulder, right
HFR R TOE  toe(s), right foot
HFR R WRST wrist, right
HFR RCLAVI clavicle, right
HFR RIBS   rib(s), nonspecific
HFR RPELVI pelvic bone, right
HFR SHLD   shoulder, nonspecific
HFR SKULL  skull
HFR SPINE  spine
HFR STERN  sternum
HFR TOE    toe(s), nonspecific
HFR UL ARM arm, upper left
HFR UL JAW jaw, upper left
HFR UL LEG leg, upper left
HFR UR ARM arm, upper right
HFR UR JAW jaw, upper right
HFR UR LEG leg, upper right
HFR WRIST  wrist, nonspecific
HUMPBACKED humpbacked
IMPL PENIS penile implant
INTRA ROD  intramedullary rod
IUD        intrauterine device
MC ACNE    acne
MC ADD     attention deficit disorder
MC ALCOHOL alcoholism
MC ALLERGY allergies (including asthma)
MC ALZHMRS alzheimer's disease
MC ARTHRTS arthritis
MC BEHAVIO behavior disorders
MC BLOOD   hematological disease
MC CANCER  cancer
MC DIABTIC diabetic
MC DOWNSYN down's syndrome
MC DRUGAB  drug abuse
MC EATDIS  eating disorders
MC HEART   heart or circulatory disease
MC KIDNEY  kidney conditions or diseases
MC LIVER   liver disease
MC NERVOUS nervous condition
MC NRLGCAL neurological conditions or diseases
MC OTHER   medical disorders/conditions def in
MC PARPLGC paraplegic
MC PASTPRE pregnancy - past
MC PLMNARY pulmonary (lung) diseases
MC PREGNAN pregnancy - present
MC QUADPLG quadriplegic
MC SKIN    skin disorders
MC TB      tuberculosis
MC THYROID thyroid conditions or diseases
MC TOURETE tourette's syndrome
MISS ADND  missing adenoids
MISS APPNX missing appendix
MISS ARM   arm, nonspecific, missing
MISS BRST  breast, nonspecific, missing
MISS BRSTS missing breasts
MISS C VRT missing cervical vertebra(e)
MISS EAR   ear, nonspecific, missing
MISS EYE   eye, nonspecific, missing
MISS FGR   finger(s), nonspecific, missing
MISS FJT   finger joint, nonspecific, missing
MISS FOOT  foot, nonspecific, missing
MISS GALL  missing gallbladder
MISS HAND  hand, nonspecific, missing
MISS INTES missing intestines
MISS KID   kidney, nonspecific, missing
MISS L ARM arm, left, missing
MISS L EAR ear, left, missing
MISS L EYE eye, left, missing
MISS L FGR finger(s), left hand, missing
MISS L FJT finger joint(s), left hand, missing
MISS L FT  foot, left, missing
MISS L HND hand, left, missing
MISS L KID missing kidney, left
MISS L LEG leg, left, missing
MISS L TES missing testis, left
MISS L TOE toe(s), left foot, missing
MISS L VRT missing lumbar vertebra(e)
MISS LBRST missing breast, left
MISS LEG   leg, nonspecific, missing
MISS LLARM arm, lower left, missing
MISS LLLEG leg, lower left, missing
MISS LLUNG missing lung, left
MISS LOVAR missing ovary, left
MISS LRARM arm, lower right, missing
MISS LRLEG leg, lower right, missing
MISS LRYNX missing larynx
MISS LUNG  lung, nonspecific, missing
MISS NOSE  nose, missing
MISS OVARS missing ovaries
MISS OVARY ovary, nonspecific, missing
MISS PANCR missing pancreas
MISS PENIS missing penis
MISS PROST prostate gland, missing
MISS R ARM arm, right, missing
MISS R EAR ear, right, missing
MISS R EYE eye, right, missing
MISS R FGR finger(s), right hand, missing
MISS R FJT finger joint(s), right hand, missing
MISS R FT  foot, right, missing
MISS R HND hand, right, missing
MISS R KID missing kidney, right
MISS R LEG leg, right, missing
MISS R TES missing testis, right
MISS R TOE toe(s), right foot, missing
MISS RBRST missing breast, right
MISS RLUNG missing lung, right
MISS ROVAR missing ovary, right
MISS SPLEN missing spleen
MISS STOMA missing stomach
MISS TES   testicle, nonspecific, missing
MISS THYRD missing thyroid
MISS TOE   toe(s), nonspecific, missing
MISS TONG  tongue, missing
MISS TONSL missing tonsils
MISS UTRUS missing uterus
MISS VRT   missing vertebra(e)
MOLE ABDOM mole, abdomen
MOLE ANKL  mole, ankle, nonspecific
MOLE ARM   arm, nonspecific, mole
MOLE BACK  mole, back
MOLE BRST  mole, breast
MOLE BUTTK mole, buttocks nonspecific
MOLE CALF  calf, nonspecific, mole
MOLE CHEST mole, chest
MOLE CHIN  mole, chin
MOLE CHK   mole, cheek (face), nonspecific
MOLE EAR   mole, ear, nonspecific
MOLE ELBOW elbow, nonspecific, mole
MOLE EYE   eye, nonspecific, mole
MOLE F ARM forearm, nonspecific, mole
MOLE FACE  face, mole
MOLE FGR   mole, finger, nonspecific
MOLE FHD   mole, forehead
MOLE FOOT  mole, foot, nonspecific
MOLE GROIN mole, groin area
MOLE HAND  mole, hand
MOLE HEAD  mole, head, nonspecific
MOLE HIP   mole, hip, nonspecific
MOLE KNEE  mole, knee, nonspecific
MOLE L ANK mole, ankle, left
MOLE L ARM mole, left arm
MOLE L BUT mole, left buttock
MOLE L CHK mole, left cheek
MOLE L EAR mole, left ear
MOLE L ELB left elbow, mole
MOLE L EYE mole, left eyebrow
MOLE L FGR mole, finger on left hand
MOLE L FT  mole, foot, left
MOLE L HIP mole, hip, left
MOLE L HND mole, left hand
MOLE L KNE mole, knee, left
MOLE L LEG mole, leg, left
MOLE L LIP mole, lower lip
MOLE L SHD mole, shoulder, left
MOLE L THG mole, thigh, left
MOLE L TOE left toe, mole
MOLE L WRS mole, left wrist
MOLE LBRST mole, left, breast
MOLE LCALF left calf, mole
MOLE LEG   mole, leg, nonspecific
MOLE LFARM left forearm, mole
MOLE LIP   mole, lip, nonspecific
MOLE NECK  mole, neck
MOLE NOSE  mole, nose
MOLE PENIS mole, penis
MOLE R ANK mole, ankle, right
MOLE R ARM mole, right arm
MOLE R BUT mole, right buttock
MOLE R CHK mole, right cheek
MOLE R EAR mole, right ear
MOLE R ELB mole, right elbow
MOLE R EYE mole, right eyebrow
MOLE R FGR mole, finger on right hand
MOLE R FT  mole, foot, right
MOLE R HIP mole, hip, right
MOLE R HND mole, right hand
MOLE R KNE mole, knee, right
MOLE R LEG mole, leg, right
MOLE R SHD mole, shoulder, right
MOLE R THG mole, thigh, right
MOLE R TOE right toe, mole
MOLE R WRS mole, right wrist
MOLE RBRST mole, right, breast
MOLE RCALF right calf, mole
MOLE RFARM right forearm, mole
MOLE SHLD  mole, shoulder, nonspecific
MOLE THGH  mole, thigh, nonspecific
MOLE TOE   toe(s), nonspecific, mole
MOLE U LIP mole, upper lip
MOLE ULARM upper left arm, mole
MOLE URARM upper right arm, mole
MOLE WRS   wrist, nonspecific, mole
MUTE       mute
NM ANKL    ankle, nonspecific, needle mark
NM ARM     arm, nonspecific, needle mark
NM BUTTK   buttock, nonspecific, needle mark
NM CALF    calf, nonspecific, needle mark
NM ELBOW   elbow, nonspecific, needle mark
NM FGR     finger(s), nonspecific, needle mark
NM FOOT    foot, nonspecific, needle mark
NM GROIN   groin, nonspecific, needle mark
NM HAND    hand, nonspecific, needle mark
NM HIP     hip, nonspecific, needle mark
NM KNEE    knee, nonspecific, needle mark
NM L ANKL  left ankle, needle mark
NM L ARM   arm, left, needlemarks
NM L BUTTK needle mark, left buttock
NM L CALF  left calf, needle mark
NM L ELB   left elbow, needle mark
NM L FGR   fingers, left hand, needlemarks
NM L FOOT  needle mark, left foot
NM L HIP   left hip, needle mark
NM L HND   hand, left, needlemarks
NM L KNE   left knee, needle mark
NM L LEG   leg, left, needlemarks
NM L SHLD  left shoulder, needle mark
NM L THIGH needle mark, left thigh
NM L TOE   left toe, needle mark
NM L WRIST wrist, left, needlemarks
NM LEG     leg, nonspecific, needle mark
NM LL ARM  lower left arm, needle mark
NM LR ARM  lower right arm, needle mark
NM PENIS   penis, needle mark
NM R ANKL  right ankle, needle mark
NM R ARM   arm, right, needlemarks
NM R BUTTK needle mark, right buttock
NM R CALF  right calf, needle mark
NM R ELB   right elbow, needle mark
NM R FGR   fingers, right hand, needlemarks
NM R FOOT  needle mark, right foot
NM R HIP   right hip, needle mark
NM R HND   hand, right, needlemarks
NM R KNE   right knee, needle mark
NM R LEG   leg, right, needlemarks
NM R SHLD  right shoulder, needle mark
NM R THIGH needle mark, right thigh
NM R TOE   right toe, needle mark
NM R WRIST wrist, right, needlemarks
NM SHLD    shoulder, nonspecific, needle mark
NM THIGH   thigh, nonspecific, needle mark
NM TOE     toe(s), nonspecific, needle mark
NM UL ARM  upper left arm, needle mark
NM UR ARM  upper right arm, needle mark
NM WRIST   wrist, nonspecific, needle mark
ORTH NAIL  orthopedic nail or pin
ORTH PLATE orthopedic plate
ORTH SCREW orthopedic screw
POCKMARKS  pockmarks
PRCD ABDMN pierced abdomen
PRCD BACK  pierced back
PRCD EAR   pierced ear, one, nonspecific
PRCD EARS  pierced ears
PRCD EYE   pierced eyebrow, nonspecific
PRCD GNTLS pierced genitalia
PRCD L EAR pierced left ear
PRCD L EYE pierced left eyebrow
PRCD L NIP pierced nipple, left
PRCD LIP   pierced lip, nonspecific
PRCD LLIP  pierced lip, lower
PRCD NIPPL pierced nipple, nonspecific
PRCD NOSE  pierced nose
PRCD R EAR pierced right ear
PRCD R EYE pierced right eyebrow
PRCD R NIP pierced nipple, right
PRCD TONGU pierced tongue
PRCD ULIP  pierced lip, upper
PROT JAW   jaw, nonspecific, protruding
PROT L JAW protruding lower jaw
PROT U JAW protruding upper jaw
RTAT ABDM  abdomen
RTAT ANKL  ankle, nonspecific, removed tattoo
RTAT ARM   arm, nonspecific, removed tattoo
RTAT BACK  back, removed tattoo
RTAT BRST  breast, nonspecific, removed tattoo
RTAT BUTTK buttocks, nonspecific, removed tattoo
RTAT CALF  calf, nonspecific, removed tattoo
RTAT CHEEK cheek (face), nonspecific, removed tattoo
RTAT CHEST chest, removed tattoo
RTAT CHIN  chin, removed tattoo
RTAT EAR   ear, nonspecific
RTAT ELBOW elbow, nonspecific, removed tattoo
RTAT EYE   eye, nonspecific, removed tattoo
RTAT FACE  face, nonspecific, removed tattoo
RTAT FARM  forearm, nonspecific, removed tattoo
RTAT FHD   forehead, removed tattoo
RTAT FLBOD full body, removed tattoo
RTAT FNGR  finger, nonspecific, removed tattoo
RTAT FOOT  foot, nonspecific, removed tattoo
RTAT GROIN groin area, removed tattoo
RTAT HAND  hand, nonspecific, removed tattoo
RTAT HEAD  head, nonspecific, removed tattoo
RTAT HIP   hip, nonspecific, removed tattoo
RTAT KNEE  knee, nonspecific, removed tattoo
RTAT L ARM arm, left, removed tattoo
RTAT L CHK cheek (face), left, removed tattoo
RTAT L EAR ear, left, removed tattoo
RTAT L ELB elbow, left, removed tattoo
RTAT L EYE left eye (remove tattoo)
RTAT L FGR finger(s), left hand, removed tattoo
RTAT L HIP hip, left, removed tattoo
RTAT L HND hand, left, removed tattoo
RTAT L LEG leg, left, removed tattoo
RTAT L TOE left toe, remove tattoo
RTAT LANKL ankle, left, removed tattoo
RTAT LBRST breast, left, removed tattoo
RTAT LBUTK buttock, left, removed tattoo
RTAT LCALF calf, left, removed tattoo
RTAT LEG   leg, nonspecific, removed tattoo
RTAT LFARM forearm, left, removed tattoo
RTAT LFOOT foot, left, removed tattoo
RTAT LIP   lip, nonspecific, removed tattoo
RTAT LKNEE knee, left, removed tattoo
RTAT LSHLD shoulder, left, removed tattoo
RTAT LTHGH thigh, left, removed tattoo
RTAT LWLIP lip, lowwer, removed tattoo
RTAT LWRS  wrist, left, removed tattoo
RTAT NECK  neck, removed tattoo
RTAT NOSE  nose, removed tattoo
RTAT PENIS penis, removed tattoo
RTAT R ARM arm, right, removed tattoo
RTAT R CHK cheek (face), right, removed tattoo
RTAT R EAR ear, right, removed tattoo
RTAT R ELB elbow, right, removed tattoo
RTAT R EYE right eye (remove tattoo)
RTAT R FGR finger(s), right hand, removed tattoo
RTAT R HIP hip, right, removed tattoo
RTAT R HND hand, right, removed tattoo
RTAT R LEG leg, right, removed tattoo
RTAT R TOE right toe, remove tattoo
RTAT RANKL ankle, right, removed tattoo
RTAT RBRST breast, right, removed tattoo
RTAT RBUTK buttock, right, removed tattoo
RTAT RCALF calf, right, removed tattoo
RTAT RFARM forearm, right, removed tattoo
RTAT RFOOT foot, right, removed tattoo
RTAT RKNEE knee, right, removed tattoo
RTAT RSHLD shoulder, right, removed tattoo
RTAT RTHGH thigh, right, removed tattoo
RTAT RWRS  wrist, right, removed tattoo
RTAT SHLD  shoulder, nonspecific, removed tattoo
RTAT THGH  thigh, nonspecific, removed tattoo
RTAT TOE   toe(s), nonspecific, remove tattoo
RTAT ULARM arm, upper left, removed tattoo
RTAT UPLIP lip, upper, removed tattoo
RTAT URARM arm, right upper, removed tattoo
RTAT WRS   wrist, nonspecific, removed tattoo
SC ABDOM   abdomen, scar
SC ANKL    ankle, scar
SC ARM     arm, scar
SC BACK    back, scar
SC BREAST  breast, scar
SC BUTTK   buttocks, scar
SC CALF    calf, scar
SC CHEST   chest, scar
SC CHIN    chin, scar
SC CHK     cheek (face), scar
SC EAR     ear, scar
SC ELBOW   elbow, scar
SC EYE     eye, scar
SC F ARM   forearm, scar
SC FACE    face, scar
SC FGR     finger, scar
SC FHD     forehead, scar
SC FOOT    foot, scar
SC GROIN   groin area, scar
SC HAND    hand, scar
SC HEAD    head, scar
SC HIP     hip, nonspecific, scar
SC KNEE    knee, scar
SC L ANKL  ankle, left, scar
SC L ARM   arm, left, scar
SC L BRST  breast, left, scar
SC L BUTTK buttocks, left, scar
SC L CALF  calf, left, scar
SC L CHK   cheek (face), left, scar
SC L EAR   ear, left, scar
SC L ELB   elbow, left, scar
SC L EYE   eyebrow, left, scar
SC L FGR   fingers, left hand, scar
SC L FT    foot, left, scar
SC L HIP   hip, left, scar
SC L HND   hand, left, scar
SC L KNEE  knee, left, scar
SC L LEG   leg, left, scar
SC L SHLD  shoulder, left, scar
SC L THGH  thigh, left, scar
SC L TOE   left toe, scar
SC L WRIST wrist, left, scar
SC LEG     leg, scar
SC LF ARM  forearm, left, scar
SC LIP     lip, scar
SC LOW LIP lip, lower, scar
SC NECK    neck, scar
SC NOSE    nose, scar
SC PENIS   penis, scar
SC R ANKL  ankle, right, scar
SC R ARM   arm, right, scar
SC R BRST  breast, right, scar
SC R BUTTK buttocks, right, scar
SC R CALF  calf, right, scar
SC R CHK   cheek (face), right, scar
SC R EAR   ear, right, scar
SC R ELB   elbow, right, scar
SC R EYE   eyebrow, right, scar
SC R FGR   fingers, right hand, scar
SC R FT    foot, right, scar
SC R HIP   hip, right, scar
SC R HND   hand, right, scar
SC R KNEE  knee, right, scar
SC R LEG   leg, right, scar
SC R SHLD  shoulder, right, scar
SC R THGH  thigh, right, scar
SC R TOE   right toe, scar
SC R WRIST wrist, right, scar
SC RF ARM  forearm, right, scar
SC SHLD    shoulder, scar
SC THGH    thigh, scar
SC TOE     toe(s), nonspecific, scar
SC UL ARM  arm, left upper, scar
SC UP LIP  lip, upper, scar
SC UR ARM  arm, right upper, scar
SC WRIST   wrist, scar
SHRT L LEG shorter left leg
SHRT LEG   leg, nonspecific, short
SHRT R LEG shorter right leg
SHUNT ART  shunt, arterial vascular
SHUNT CERB shunt, cerebral ventricle
SKL PLATE  skull plate
SLVR TOOTH silver tooth
STAPLES    staples
STUTTERS   stutters
TAT ABDOM  abdomen, tattoo
TAT ANKL   ankle, nonspecific, tattoo
TAT ARM    arm, nonspecific, tattoo
TAT BACK   back, tattoo
TAT BREAST breast, tattoo
TAT BUTTK  buttocks, tattoo
TAT CALF   calf, nonspecific, tattoo
TAT CHEEK  cheek (face), nonspecific, tattoo
TAT CHEST  chest, tattoo
TAT CHIN   chin, tattoo
TAT EAR    ear, nonspecific, tattoo
TAT ELBOW  elbow, nonspecific, tattoo
TAT EYE    tattoo on eye, nonspecific
TAT FACE   face, tattoo
TAT FARM   forearm, nonspecific, tattoo
TAT FHD    forehead, tattoo
TAT FLBODY full body
TAT FNGR   finger, nonspecific, tattoo
TAT FOOT   foot, nonspecific, tattoo
TAT GROIN  tattoo, groin area
TAT HAND   hand, nonspecific, tattoo
TAT HEAD   head, tattoo
TAT HIP    hip, nonspecific, tattoo
TAT KNEE   knee, nonspecific, tattoo
TAT L ANKL ankle, left, tattoo
TAT L ARM  arm, left, tattoo
TAT L BRST breast, left, tattoo
TAT L BUTK buttocks, left, tattoo
TAT L CALF calf, left, tattoo
TAT L CHK  cheek, left, tattoo
TAT L EAR  ear, left, tattoo
TAT L EYE  tattoo on left eye
TAT L FGR  fingers, left hand, tattoo
TAT L FOOT foot, left, tattoo
TAT L HIP  hip, left, tattoo
TAT L HND  hand, left, tattoo
TAT L KNEE knee, left, tattoo
TAT L LEG  leg, left, tattoo
TAT L SHLD shoulder, left, tattoo
TAT L THGH thigh, left, tattoo
TAT L TOE  left toe, tattoo
TAT L WRS  wrist, left, tattoo
TAT LEG    leg, nonspecific, tattoo
TAT LELBOW elbow, left, tattoo
TAT LF ARM forearm, left, tattoo
TAT LIP    lip, nonspecific, tattoo
TAT LW LIP lip, lower, tattoo
TAT NECK   neck, tattoo
TAT NOSE   nose, tattoo
TAT PENIS  penis, tattoo
TAT R ANKL ankle, right, tattoo
TAT R ARM  arm, right, tattoo
TAT R BRST breast, right, tattoo
TAT R BUTK buttocks, right, tattoo
TAT R CALF calf, right, tattoo
TAT R CHK  cheek, right, tattoo
TAT R EAR  ear, right, tattoo
TAT R EYE  tattoo on right eye
TAT R FGR  fingers, right hand, tattoo
TAT R FOOT foot, right, tattoo
TAT R HIP  hip, right, tattoo
TAT R HND  hand, right, tattoo
TAT R KNEE knee, right, tattoo
TAT R LEG  leg, right, tattoo
TAT R SHLD shoulder, right, tattoo
TAT R THGH thigh, right, tattoo
TAT R TOE  right toe, tattoo
TAT R WRS  wrist, right, tattoo
TAT RELBOW elbow, right, tattoo
TAT RF ARM forearm, right, tattoo
TAT SHLD   shoulder, nonspecific, tattoo
TAT THGH   thigh, nonspecific, tattoo
TAT TOE    toe(s), nonspecific, tattoo
TAT UL ARM arm, left upper, tattoo
TAT UP LIP lip, upper, tattoo
TAT UR ARM arm, right upper, tattoo
TAT WRS    wrist, nonspecific, tattoo
TD ACONVUL anticonvulsants (seizure medication)
TD ADEPRES antidepressants (mood-lifters)
TD ANALGES analgesics (pain relievers)
TD ANTBTCS antibiotics
TD ANTINFL anti-inflammatory medication
TD BRNCHDL bronchial dilators
TD CARDIAC cardiac (heart) medication
TD HYPNOTI hypnotics (sleeping aids)
TD INSULIN insulin
TD OTHER   therapeutic medication def in mis fi
TD RITALIN ritalin
TD TRANQUI tranquilizers
TRANSSXL   transsexual
TRANSVST   transvestite
TUBE L EAR tube in left ear
TUBE R EAR tube in right ear
VASC PROTH vascular prosthesis
WHEELCHAIR wheelchair
WIRE SUTUR wire sutures
"""

MARKS = MappingProxyType({line[:10].rstrip(): line[11:] for line in _TABLE.strip().splitlines()})  # 2.026 SMT
